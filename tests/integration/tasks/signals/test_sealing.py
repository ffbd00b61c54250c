"""The schedule seals a signal of every watched target at a candle's close, or counts it missed."""

import msgspec
import pytest

from core.forecast_target import ForecastTarget
from core.ledger import SIGNALS
from core.signals import SIGNAL_ANSWER, SIGNAL_MODEL, SignalWords, path_target
from storage.ledger.ledger_verify import verify_ledger
from storage.models.answer_cache import Asked
from storage.stores import Stores
from tasks.signals.generate_signal import signal_of
from tasks.signals.seal_signals import NOT_MADE, SignalSealer
from tests.integration.tasks.forecasts.desk import clock_at
from tests.integration.tasks.signals.market import NOISE, candles, last_close, train

pytestmark = pytest.mark.clock
WORDS = SignalWords()


@pytest.fixture
def target(stores: Stores) -> ForecastTarget:
    """A watched series whose signals have a champion, and whose newest candle has just closed."""
    stores.candles.write(NOISE, candles(1_400, last_close()))
    assert train(stores, NOISE, 6).error is None
    stores.watches.add(NOISE)
    return path_target(NOISE, 6, SIGNAL_MODEL)


def test_a_signal_is_sealed_once_whoever_asked_before_and_its_answer_shows_the_seal(
    stores: Stores, target: ForecastTarget
) -> None:
    asked = signal_of(WORDS, stores, NOISE, 6)
    assert asked.sealed is None
    sealer = SignalSealer(stores, WORDS)
    assert (sealer.run(), sealer.run(), SignalSealer(stores, WORDS).run()) == (1, 0, 0)
    row = stores.sealed.find(target, last_close() + 5 * 300)
    assert row
    assert (row.signal_id, row.first_opening, row.input_end) == (
        asked.id, last_close(), last_close(),
    )  # fmt: skip
    shown = signal_of(WORDS, stores, NOISE, 6)
    assert shown.sealed
    assert (shown.id, shown.sealed.seq, shown.sealed.hash) == (asked.id, 1, row.hash)
    assert verify_ledger(stores.engine, stores.heads, SIGNALS).ok


def test_nothing_is_sealed_without_a_watch_or_after_the_deadline(
    stores: Stores, target: ForecastTarget
) -> None:
    late = SignalSealer(stores, WORDS, clock_at(last_close() + 30.001))
    assert late.run() == 0
    stores.watches.remove(NOISE)
    assert SignalSealer(stores, WORDS).run() == 0
    assert stores.sealed.find(target, last_close() + 5 * 300) is None


def test_what_was_due_while_the_server_was_down_is_counted_as_missed(
    stores: Stores, target: ForecastTarget
) -> None:
    SignalSealer(stores, WORDS).run()
    again = SignalSealer(stores, WORDS, clock_at(last_close() + 20 * 300 + 31))
    assert (again.run(), again.run()) == (0, 0)
    assert stores.sealed.missed() == {NOT_MADE: 20}


def test_what_was_due_before_signals_were_sealed_is_not_missed(
    stores: Stores, target: ForecastTarget
) -> None:
    assert SignalSealer(stores, WORDS, clock_at(last_close() + 20 * 300 + 31)).run() == 0
    assert (stores.sealed.begun_at(), stores.sealed.missed()) == (None, {})


def test_an_old_answer_at_hand_does_not_keep_a_new_candle_from_being_sealed(
    stores: Stores, target: ForecastTarget
) -> None:
    stale = msgspec.structs.replace(signal_of(WORDS, stores, NOISE, 6), sealed=None)
    stores.answers.keep(Asked(SIGNAL_ANSWER, NOISE, 6), stale, 60_000, None)
    assert SignalSealer(stores, WORDS).run() == 1
