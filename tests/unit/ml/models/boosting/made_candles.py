"""Candles made for tests: plausible shapes around any path of returns."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
START = 1_700_000_100


def make_candles(returns: Floats, seed: int = 0, resolution: int = 300) -> pd.DataFrame:
    """Return candles whose closes follow `returns`, each opening at the close before."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(returns))
    opening = np.concatenate([[100.0], close[:-1]])
    width = np.abs(returns) * rng.exponential(0.5, (2, len(close)))
    return pd.DataFrame(
        {
            "time": START + resolution * np.arange(len(close), dtype=np.int64),
            "open": opening,
            "high": np.maximum(opening, close) * np.exp(width[0]),
            "low": np.minimum(opening, close) * np.exp(-width[1]),
            "close": close,
            "volume": rng.lognormal(2, 1, len(close)),
        }
    )


def noise(count: int, seed: int, scale: float = 1e-3) -> Floats:
    """Return independent normal returns."""
    return np.random.default_rng([seed, 1]).standard_normal(count) * scale


def autoregressive(count: int, seed: int, coefficient: float = 0.2, scale: float = 1e-3) -> Floats:
    """Return returns of which each carries on `coefficient` of the one before."""
    values = noise(count, seed, scale)
    for i in range(1, count):
        values[i] += coefficient * values[i - 1]
    return values


def changing_volatility(count: int, seed: int, scale: float = 1e-3, hour: float = 0.4) -> Floats:
    """Return returns whose volatility wanders and follows the hour, direction none."""
    rng = np.random.default_rng([seed, 2])
    level = np.zeros(count)
    shocks = rng.standard_normal(count) * 0.06
    for i in range(1, count):
        level[i] = 0.99 * level[i - 1] + shocks[i]
    clock = hour * np.sin(2 * np.pi * np.arange(count) / 288)
    return scale * np.exp(level + clock) * rng.standard_normal(count)


def cut_short(
    frame: pd.DataFrame, rows: slice, volume: float, share: float = 1 / 7
) -> pd.DataFrame:
    """Return candles of which `rows` were recorded before they had ended.

    They hold so much of their volume, and `share` of their way from the open.
    """
    cut = frame.copy()
    at = cut.index[rows]
    for name in ("high", "low", "close"):
        cut.loc[at, name] = cut["open"][at] * (cut[name][at] / cut["open"][at]) ** share
    cut.loc[at, "volume"] *= volume
    return cut


def with_weekends(count: int, seed: int, resolution: int = 3_600, gap: float = 6.0) -> pd.DataFrame:
    """Return candles of a market closed from Friday to Sunday 22:00 UTC.

    The first return after each weekend is `gap` times as large as others are.
    """
    friday = 1_699_999_200 - 1_699_999_200 % 604_800 + 86_400 + 22 * 3_600  # weeks begin Thursdays
    hours = friday + resolution * np.arange(2 * count, dtype=np.int64)
    times = hours[(hours - friday) % 604_800 >= 2 * 86_400][:count]
    returns = noise(count, seed)
    returns[1:][np.diff(times) > resolution] *= gap
    return make_candles(returns, seed, resolution).assign(time=times)
