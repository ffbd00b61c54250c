"""Sealed signals of two offered slots."""

from collections.abc import Callable
from typing import Any

import pytest

from core.clock.times import now_ms
from core.forecast_target import ForecastTarget
from storage.database import writing
from storage.ledger import append_only
from storage.ledger.sealed_signals import SealedSignals
from storage.ledger.signal_rows import SealedSignal, Unsealed
from storage.stores import Stores

EURUSD = ForecastTarget("mt5", "EURUSD", 900, 16, "barrier_signals")
GOLD = ForecastTarget("mt5", "XAUUSD", 3_600, 12, "barrier_signals")
Seal = Callable[..., SealedSignal]


def closed(target: ForecastTarget, ago: int = 0) -> int:
    """Return when (s) the candle closed that closed last, or so many before."""
    step = target.resolution
    return (now_ms() // 1_000 // step - ago) * step


def signal(target: ForecastTarget, ago: int = 0, **other: Any) -> Unsealed:
    """Return a signal to buy from the candle that closed last, or so many before."""
    first = closed(target, ago)
    told: dict[str, Any] = {
        "type": "buy", "confidence": 0.55123, "probability_hold": 0.19877,
        "probability_buy": 0.55123, "probability_sell": 0.25, "current_price": 1.1,
        "take_profit": 1.1022, "stop_loss": 1.0989, "expected_percent": 0.05, "costs_bps": 1.3,
        "spread_bps": 1.0, "reason": "Buy; so it is.", "model_hash": "abcdef0123" + "0" * 54,
        "data_hash": "b" * 64, "side": "buy", "probability_tp": 0.5, "probability_sl": 0.3,
        "prior_hold": 0.4, "prior_buy": 0.3, "prior_sell": 0.3, "range_low": 1.09,
        "range_high": 1.11, "regime": "trend_up", "volatility_regime": "low",
        "verdict": "skilled", "run_id": "a-run",
    }  # fmt: skip
    return Unsealed(
        target=target,
        first_opening=first,
        opening=first + (target.horizon - 1) * target.resolution,
        input_end=first,
        signal_id=f"{target}-{ago}"[-36:],
        **told | other,
    )


@pytest.fixture
def seal(stores: Stores) -> Seal:
    """Seals a signal as if at its candle's close."""
    stores.slots.offer([EURUSD, GOLD])
    with writing(stores.engine) as connection:
        append_only.lift(connection)  # the database's clock would not believe it

    def done(target: ForecastTarget, ago: int = 0, **other: Any) -> SealedSignal:
        one = signal(target, ago, **other)
        at = one.first_opening * 1_000 + 2_345
        (row,) = SealedSignals(stores.engine, stores.heads, clock=lambda: at).append([one]).rows
        stores.board.put([row])
        return row

    return done
