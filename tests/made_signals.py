"""Signals to seal, due now."""

from typing import Any

import msgspec

from core.answers.signals import SignalData
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
    return unsealed_of(record, TARGET, first, first + 5 * 300, **{"input_end": first} | other)


def several(count: int) -> list[Unsealed]:
    """Return signals from one candle after another."""
    return [unsealed(f"signal-{n}", -n - 1) for n in range(count)]


def signal_data(**other: Any) -> SignalData:
    """Return a signal to buy as answers have it."""
    prices = {"entry": 100.0, "take_profit": 102.0, "stop_loss": 99.0}
    skill = {"value": 0.02, "low": 0.01, "high": 0.03, "verdict": "skilled"}
    model = dict.fromkeys(("name", "id", "trained_at", "data_hash", "model_hash"), "a-run")
    told: dict[str, Any] = {
        "id": "0a1b2c3d-0000-4000-8000-000000000000", "symbol": TARGET.symbol,
        "platform": TARGET.platform, "resolution": TARGET.resolution, "horizon": TARGET.horizon,
        "timestamp": "2025-11-20T12:00:00Z", "made_at": "2025-11-20T12:00:01Z",
        "expires_at": "2025-11-20T12:30:00Z",
        "signal": {"type": "buy", "confidence": 0.6, "strength": "strong",
                   "probabilities": {"hold": 0.2, "buy": 0.6, "sell": 0.2}},
        "price_range": None,
        "tpsl": {"side": "buy", "prediction": "take_profit", "probability_tp": 0.4,
                 "probability_sl": 0.3, "suggested_tp_percent": 2.0, "suggested_sl_percent": 1.0,
                 "prob_tp_first": 4 / 7, "prob_tp_first_baseline": 1 / 3},
        "recommendation": {"action": "BUY", "entry_zone": None, "take_profit": 102.0,
                           "stop_loss": 99.0, "risk_reward": "1:2", "quality": "high",
                           "reason": "Buy; so it is."},
        "skill": skill | {"baseline": "class_prior", "n": 900},
        "expected_value_percent": 0.3, "costs_percent": 0.2, "after_costs": {}, "model": model,
        "input": {"last_time": "2025-11-20T11:55:00Z", "candles": 1_000, "gaps": [],
                  "newest": True, "stale": False},
        "volatility_regime": "low", "amd_phase": "accumulation",
        "range_ahead": {"horizon": 1, "delta_high": 0.5, "delta_low": 0.4,
                        "confidence_high": 0.74, "confidence_low": 0.77, "n": 900},
        "levels": prices, "valid_until": "2025-11-20T12:05:00Z",
    }  # fmt: skip
    return msgspec.convert(told | other, SignalData)
