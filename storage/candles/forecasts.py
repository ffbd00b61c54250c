"""Forecasts in RedisTimeSeries, stamped with their target times."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import redis

from core.series import Series
from storage import keys
from storage.candles.candle_commands import or_empty
from storage.redis_connection import redis_errors

PARTS = ("value", "low", "high")


class ForecastPoint(NamedTuple):
    """A forecast of the close of the candle that opens at `time_s`, `horizon` candles ahead."""

    time_s: int
    horizon: int
    value: float
    low: float
    high: float


class ForecastStore:
    """The newest forecast of each target by series, model and horizon."""

    def __init__(self, client: "redis.Redis", retention_days: int = 0) -> None:
        self._client = client
        self._retention_ms = retention_days * 86_400_000

    def write(self, series: Series, model_name: str, points: Sequence[ForecastPoint]) -> None:
        """Store forecasts of any horizons; a later one for the same target replaces it.

        Those whose targets are older than the retention are left out.
        """
        with redis_errors():
            pipeline: Any = self._client.pipeline(transaction=True)
            for point in points:
                for part in PARTS:
                    pipeline.execute_command(*self._add(series, model_name, point, part))
            for reply in pipeline.execute(raise_on_error=False):
                if isinstance(reply, Exception) and "older than retention" not in str(reply):
                    raise reply

    def read(
        self,
        series: Series,
        model_name: str,
        horizon: int,
        start: int | None = None,
        end: int | None = None,
    ) -> list[ForecastPoint]:
        """Return forecasts whose target opens in `start..end` (s, both included)."""
        span = ("-" if start is None else start * 1_000, "+" if end is None else end * 1_000)
        with redis_errors():
            pipeline: Any = self._client.pipeline(transaction=True)
            for part in PARTS:
                key = keys.forecast(series, model_name, horizon, part)
                pipeline.execute_command("TS.RANGE", key, *span)
            replies = [_samples(reply) for reply in pipeline.execute(raise_on_error=False)]
        value, low, high = replies
        return [
            ForecastPoint(at // 1_000, horizon, value[at], low[at], high[at])
            for at in value
            if at in low and at in high
        ]

    def _add(self, series: Series, model_name: str, point: ForecastPoint, part: str) -> list[Any]:
        key = keys.forecast(series, model_name, point.horizon, part)
        labels = ["platform", series.platform, "symbol", series.symbol]
        labels += ["resolution", str(series.resolution), "model", model_name]
        labels += ["horizon", str(point.horizon), "field", f"forecast_{part}"]
        options = ["RETENTION", self._retention_ms, "DUPLICATE_POLICY", "LAST"]
        sample = [point.time_s * 1_000, getattr(point, part)]
        return ["TS.ADD", key, *sample, *options, "ON_DUPLICATE", "LAST", "LABELS", *labels]


def _samples(reply: Any) -> dict[int, float]:
    return {at: float(value) for at, value in or_empty(reply)}
