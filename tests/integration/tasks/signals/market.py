"""Markets made for ranges and signals, and trainings done by hand."""

import time
from functools import cache
from typing import Any

import msgspec
import numpy as np

from core.jobs import Job
from core.requests import TrainSignals
from core.series import Series
from storage.candles.candle_columns import Candles
from storage.stores import Stores
from tasks.jobs.run_step import run_step
from tasks.signals.train_signals import train_signals
from tests.clocks import began

NOISE = Series("coinbase", "BTC-USD", 300)
TREND = Series("binance", "ETHUSDT", 300)
COUNT = 4_000


def last_close() -> int:
    """Return the close (s) of the candle that is being made as a test begins.

    Candles up to it are taken as finished: the last of them is the newest there can be.
    """
    return (began() // 300 + 1) * 300


@cache
def shared_close() -> int:
    """Return the same for markets that many tests share with a worker, by the machine's clock."""
    return (int(time.time()) // 300 + 1) * 300


def candles(
    count: int, end: int, coefficient: float = 0.0, seed: int = 0, step: int = 300
) -> Candles:
    """Return candles up to `end` (s) whose returns each carry on a part of the one before."""
    rng = np.random.default_rng(seed)
    returns = rng.standard_normal(count) * 3e-3
    for i in range(1, count):
        returns[i] += coefficient * returns[i - 1]
    close = 100 * np.exp(np.cumsum(returns - returns.mean()))
    opening = np.concatenate([[100.0], close[:-1]])
    high = np.maximum(opening, close) * (1 + rng.exponential(3e-4, count))
    low = np.minimum(opening, close) * (1 - rng.exponential(3e-4, count))
    times = end - step * np.arange(count, 0, -1, dtype=np.int64)
    plain = np.zeros(count, np.int64)
    volume = rng.lognormal(2, 1, count)
    return Candles(times, opening, high, low, close, volume, np.full(count, -1), plain)


def train(stores: Stores, series: Series, *horizons: int) -> Job:
    """Train ranges and signals of a series as a worker would."""
    request: dict[str, Any] = msgspec.structs.asdict(series)
    request |= {"horizons": list(horizons), "folds": 2, "seed": 0, "reason": "requested"}
    job = stores.jobs.create("train_outlook", [("train_outlook", "train")], request)
    run_step(stores, job.id, 0, train_signals, TrainSignals, timeout=1)
    return stores.jobs.get(job.id)
