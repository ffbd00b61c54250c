"""Phases of watched series: told as they change, with signals, and when they are asked for."""

import msgspec
import numpy as np
import pytest

from core.answers.amd import AmdData
from core.jobs import Job
from core.requests import AmdRequest
from core.series import Series, make_series
from storage.candles.candle_columns import Candles
from storage.models.answer_cache import Asked
from storage.stores import Stores
from tasks.jobs.run_step import run_step
from tasks.signals.detect_amd import detect_amd
from tasks.signals.note_phases import PhaseWatch
from tests.clocks import began
from tests.integration.tasks.signals.market import last_close
from tests.unit.ml.amd.made_phases import ordinary, quiet

pytestmark = pytest.mark.clock
QUARTERS = Series("file", "EURUSD", 900)


def made(count: int, end: int, step: int = 900) -> Candles:
    """Return candles up to `end` (s) of which the last one makes a quiet range of the others."""
    shown = [*ordinary(count - 21), *quiet()]
    high, low, close = (np.array(column) for column in zip(*shown, strict=True))
    times = end - step * np.arange(count, 0, -1, dtype=np.int64)
    plain = np.zeros(count, np.int64)
    return Candles(times, close, high, low, close, plain + 5.0, plain - 1, plain)


def end_of_quarter() -> int:
    return (last_close() // 900) * 900


def ask(stores: Stores, lookback: int = 100) -> Job:
    """Have a worker tell the phase."""
    request = {**msgspec.structs.asdict(QUARTERS), "lookback": lookback}
    job = stores.jobs.create("detect_amd", [("detect_amd", "predict")], request)
    run_step(stores, job.id, 0, detect_amd, AmdRequest, timeout=1)
    return stores.jobs.get(job.id)


def test_a_change_of_phase_is_told_once_with_the_candle_that_made_it(stores: Stores) -> None:
    held = made(400, end_of_quarter())
    stores.candles.write(QUARTERS, held)
    assert PhaseWatch(stores).run() == 0  # nobody watches it
    stores.watches.add(QUARTERS)
    watch = PhaseWatch(stores)
    assert (watch.run(), watch.run(), PhaseWatch(stores).run()) == (1, 0, 0)
    (event,) = stores.signal_events.after(0, 9)
    assert (event.kind, event.series) == ("amd_change", QUARTERS)
    assert b'"old_phase":"none","new_phase":"accumulation"' in event.data.encode()


def test_old_candles_tell_of_no_change(stores: Stores) -> None:
    stores.candles.write(QUARTERS, made(400, end_of_quarter() - 9_000))
    stores.watches.add(QUARTERS)
    assert PhaseWatch(stores).run() == 0


def test_the_phase_is_told_with_its_test_beside_it(stores: Stores) -> None:
    stores.candles.write(QUARTERS, made(1_300, end_of_quarter()))
    found = msgspec.convert(ask(stores).result, AmdData)
    assert (found.phase, found.symbol, found.timeframe) == ("accumulation", "EURUSD", "15m")
    assert found.characteristics.range_compression <= 0.75
    assert found.characteristics.volume_ratio == 1
    assert {"range_compression", "inside_box"} <= set(found.signals)
    assert (found.trading_bias.direction, found.trading_bias.position_size) == ("none", 0)
    assert (found.confidence, found.unproven) == (0.5, True)
    assert found.hypothesis.reason is None
    assert [look.horizon for look in found.hypothesis.size.looks] == [1, 4, 16]
    assert len(found.hypothesis.direction.looks) == 6
    assert found.phases[-1].phase == "accumulation"


def test_candles_that_are_not_held_are_made_of_shorter_ones(stores: Stores) -> None:
    shorter = make_series("file", "EURUSD", 300)
    stores.candles.write(shorter, made(1_200, began() // 900 * 900, 300))
    found = msgspec.convert(ask(stores).result, AmdData)
    assert (found.timeframe, found.folded_from, found.input.candles) == ("15m", "5m", 400)
    assert stores.answers.find(Asked("amd.900", shorter, 100)) is not None


def test_too_few_candles_are_refused_and_a_short_history_tests_nothing(stores: Stores) -> None:
    stores.candles.write(QUARTERS, made(121, end_of_quarter()))
    short = msgspec.convert(ask(stores).result, AmdData)
    assert short.hypothesis.reason
    error = ask(stores, lookback=150).error
    assert error
    assert error.type == "invalid_request"
    assert error.detail.startswith("lookback_periods")
