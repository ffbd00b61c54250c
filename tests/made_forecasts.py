"""Forecasts to enter into a ledger, due now."""

from typing import Any

import msgspec

from core.forecast_target import ForecastTarget
from storage.ledger.ledger_rows import Forecast
from tests.clocks import began

SLOT = ForecastTarget("coinbase", "BTC-USD", 300, 1, "boosting")


def first_opening(target: ForecastTarget = SLOT, candles_ago: int = 0) -> int:
    """Return the opening of the candle that is being made, or of one before it (s)."""
    return began() // target.resolution * target.resolution - candles_ago * target.resolution


def forecast(target: ForecastTarget = SLOT, candles_ago: int = -1, **other: Any) -> Forecast:
    """Return a forecast of a candle that opens one candle from now, or at another time."""
    opening = first_opening(target, candles_ago)
    made = Forecast(
        target=target,
        opening=opening + (target.horizon - 1) * target.resolution,
        first_opening=opening,
        input_end=opening,
        predicted=100.5,
        low_80=99.0,
        high_80=102.0,
        low_95=98.0,
        high_95=103.0,
        prob_up=0.51,
        last_price=100.0,
        model_hash="a" * 64,
        data_hash="b" * 64,
    )
    return msgspec.structs.replace(made, **other)


def forecasts(count: int, target: ForecastTarget = SLOT) -> list[Forecast]:
    """Return forecasts of the next candles, one after another."""
    return [forecast(target, -n - 1, predicted=100 + n / 7) for n in range(count)]
