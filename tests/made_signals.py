"""Signals to seal, due now."""

from typing import Any

import msgspec

from core.forecast_target import ForecastTarget
from storage.ledger.signal_rows import Unsealed
from storage.models.signals import PENDING, SignalRecord
from tasks.signals.seal_signals import unsealed as unsealed_of
from tests.made_forecasts import first_opening

TARGET = ForecastTarget("coinbase", "BTC-USD", 300, 6, "barrier_signals")


def unsealed(signal_id: str = "first", candles_ago: int = -1, **other: Any) -> Unsealed:
    """Return a signal whose first candle opens one candle from now, or at another time."""
    first = first_opening(TARGET, candles_ago)
    record = SignalRecord(
        id=signal_id, platform=TARGET.platform, symbol=TARGET.symbol, resolution=300, horizon=6,
        opening=first - 300, run_id="a-run", made_at=first * 1_000, type="buy",
        confidence=0.6, strength="strong", quality="high", probability_hold=0.2,
        probability_buy=0.6, probability_sell=0.2, current_price=100.0, take_profit=102.0,
        stop_loss=99.0, expected_percent=0.3, expires_at=(first + 6 * 300) * 1_000, reason="Buy.",
        model_hash="a" * 64, data_hash="b" * 64, result=PENDING, costs_bps=20.0, spread_bps=0.0,
    )  # fmt: skip
    own = {name: other.pop(name) for name in list(other) if name in record.__struct_fields__}
    record = msgspec.structs.replace(record, **own)
    return unsealed_of(record, TARGET, first, first + 5 * 300, **other)


def several(count: int) -> list[Unsealed]:
    """Return signals from one candle after another."""
    return [unsealed(f"signal-{n}", -n - 1) for n in range(count)]
