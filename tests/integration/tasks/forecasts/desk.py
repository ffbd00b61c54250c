"""A small market to forecast, and what workers do for its slots, done by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np

from core.forecast_target import ForecastTarget
from core.jobs import Job, Progress
from core.requests import Train
from core.series import Series
from storage.candles.candle_columns import Candles
from storage.stores import Stores
from tasks.jobs.run_step import Work, run_step
from tests.clocks import began

SERIES = Series("coinbase", "BTC-USD", 300)
EWMA = ForecastTarget("coinbase", "BTC-USD", 300, 1, "ewma")
BOOSTING = ForecastTarget("coinbase", "BTC-USD", 300, 1, "boosting")
FEW: dict[str, Any] = {"rounds": 10}


def next_close() -> int:
    """Return a close (s) up to which candles are taken as finished: an hour ahead.

    A forecast from the last of them is in time for as long as a test runs.
    """
    return (began() // 300 + 12) * 300


def returns(count: int, seed: int = 0, coefficient: float = 0.0) -> np.ndarray[Any, Any]:
    """Return normal returns, each carrying on a part of the one before."""
    values = np.random.default_rng(seed).standard_normal(count) * 1e-3
    for i in range(1, count):
        values[i] += coefficient * values[i - 1]
    return values


def candles(count: int, end: int | None = None, seed: int = 0, coefficient: float = 0.0) -> Candles:
    """Return candles of five minutes, the last of which closes at `end` (s), else `next_close`."""
    end = next_close() if end is None else end
    rng = np.random.default_rng([seed, 1])
    close = 100 * np.exp(np.cumsum(returns(count, seed, coefficient)))
    opening = np.concatenate([[100.0], close[:-1]])
    high = np.maximum(opening, close) * (1 + rng.exponential(3e-4, count))
    low = np.minimum(opening, close) * (1 - rng.exponential(3e-4, count))
    time = end - 300 * np.arange(count, 0, -1, dtype=np.int64)
    unknown, plain = np.full(count, -1), np.zeros(count, np.int64)
    volume = rng.lognormal(2, 1, count)
    return Candles(time, opening, high, low, close, volume, unknown, plain)


def training(target: ForecastTarget, **other: Any) -> dict[str, Any]:
    """Return the request of a training."""
    wanted = {"options": FEW if target.model == "boosting" else {}, "seed": 0, "folds": 2}
    wanted |= {"retrain_every": 604_800, "expires_after": 2_592_000, "reason": "requested"}
    return (
        {field: getattr(target, field) for field in ForecastTarget.__struct_fields__}
        | wanted
        | other
    )


def done(
    stores: Stores, work: Work[Any, Any], request: dict[str, Any], kind: type[Any] = Train
) -> Job:
    """Return a job once a worker is through with it."""
    job = stores.jobs.create("work", [("work", "train")], request)
    run_step(stores, job.id, 0, work, kind, timeout=1)
    return stores.jobs.get(job.id)


def no_report(progress: Progress) -> None:
    """Hear of progress and do nothing."""


def clock_at(seconds: float) -> Callable[[], int]:
    """Return a clock that stands still."""
    return lambda: round(seconds * 1_000)
