"""Signals of candles of an hour, with exits of their own: trained, given, sealed, scored."""

import msgspec
import pytest

from core.models import exits_of
from core.requests import Train
from core.series import Market, Series
from core.signals import SignalWords, path_target, signal_model
from storage.stores import Stores
from tasks.forecasts.train_slots import train_slot
from tasks.jobs.run_step import run_step
from tasks.signals.generate_signal import signal_of
from tasks.signals.seal_signals import SignalSealer
from tests.clocks import began
from tests.integration.tasks.signals.market import candles

pytestmark = pytest.mark.clock
EURUSD = Series("mt5", "EURUSD", 3_600)
TARGET = path_target(EURUSD, 12, signal_model("rr_3_1"))
WORDS = SignalWords()


def close() -> int:
    """Return when (s) the newest candle closes, which is taken as finished."""
    return (began() // 3_600 + 1) * 3_600


@pytest.fixture
def trained(stores: Stores) -> Stores:
    """Stores with a market that carries on, cheap to trade, and its champion."""
    stores.candles.write(EURUSD, candles(3_000, close(), 0.7, step=3_600))
    stores.markets.tell(Market("mt5", "EURUSD"), {}, {"spread_bps": 1.3}, "set")
    request = msgspec.structs.asdict(TARGET) | {
        "folds": 2, "seed": 0, "options": {"rounds": 60}, "retrain_every": 0,
        "expires_after": 0, "reason": "requested",
    }  # fmt: skip
    job = stores.jobs.create("train_slot", [("train_slot", "train")], request)
    run_step(stores, job.id, 0, train_slot, Train, timeout=1)
    assert stores.jobs.get(job.id).error is None
    return stores


def test_it_is_given_with_its_own_exits_and_sealed_under_its_own_name(trained: Stores) -> None:
    said = signal_of(WORDS, trained, EURUSD, 12, TARGET.model)
    assert (said.rr_config, said.resolution, said.horizon) == ("rr_3_1", 3_600, 12)
    assert said.tpsl
    assert said.tpsl.prob_tp_first_baseline == pytest.approx(0.25)
    assert said.costs_percent == pytest.approx(0.013)
    assert said.regime in ("trend_up", "trend_down", "range")
    assert said.volatility_regime in ("low", "medium", "high")
    chances = said.signal.probabilities
    assert chances.hold + chances.buy + chances.sell == pytest.approx(1)
    trained.slots.offer([TARGET])
    assert SignalSealer(trained, WORDS).run() == 1
    (row,) = trained.board.newest([TARGET]).values()
    assert (row.model, row.signal_id) == ("barrier_signals.rr_3_1", said.id)
    again = signal_of(WORDS, trained, EURUSD, 12, TARGET.model)
    assert again.sealed
    assert again.sealed.seq == row.seq
    reward = abs((row.take_profit or 0) / row.current_price - 1)
    risk = abs((row.stop_loss or 0) / row.current_price - 1)
    exits = exits_of(row.model)
    assert reward / risk == pytest.approx(exits.reward / exits.risk, rel=0.2)


def test_candles_that_seem_cut_short_give_no_signal(trained: Stores) -> None:
    held = trained.candles.read(EURUSD, limit=3, newest=True)
    quiet = candles(3, close(), step=3_600)
    quiet.volume[:] = 1e-6
    for column in (quiet.open, quiet.high, quiet.low, quiet.close):
        column[:] = held.close[-1]
    trained.candles.write(EURUSD, quiet)
    said = signal_of(WORDS, trained, EURUSD, 12, TARGET.model)
    assert said.input.thin
    assert said.signal.type == "hold"
    assert "cut short" in said.recommendation.reason
