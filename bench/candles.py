"""Made-up candles: a random walk, the same at every run."""

import numpy as np

from core.series import Series, make_series
from storage.candles.candle_columns import Candles

START = 1_700_000_000 // 3_600 * 3_600


def random_candles(count: int, seed: int = 1, step_s: int = 3_600) -> Candles:
    """Return `count` candles (hourly by default) without gaps, with trade counts."""
    random = np.random.default_rng(seed)
    close = np.round(30_000 * np.exp(np.cumsum(random.normal(0, 0.004, count))), 2)
    opening = np.concatenate(([30_000.0], close[:-1]))
    spread = np.round(np.abs(random.normal(0, 30, (2, count))), 2)
    return Candles(
        START + step_s * np.arange(count, dtype=np.int64),
        opening,
        np.round(np.maximum(opening, close) + spread[0], 2),
        np.round(np.minimum(opening, close) - spread[1], 2),
        close,
        np.round(random.gamma(2, 50, count), 4),
        random.integers(1, 5_000, count),
        np.zeros(count, np.int64),
    )


def series(name: str) -> Series:
    """Return an hourly series of the platform `bench`."""
    return make_series("bench", name, 3_600)
