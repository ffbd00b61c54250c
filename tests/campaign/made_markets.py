"""Markets made up for campaigns: noise of many kinds, and edges planted in it.

In noise nothing can be foreseen but how far prices move; who is called skilled in the
close or the direction was lucky. Candles are made of steps, so that highs and lows are
those of a path. Moves are in units of one candle's volatility until the prices are made.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

RESOLUTION, HOUR = 900, 3_600
# Steps of a candle, and the volatility of a candle's log-return.
STEPS, SCALE = 12, 1e-3
DAY, WEEK = 86_400, 604_800
# A Monday, 00:00 UTC.
START = 1_700_438_400
# Seconds into a week that begins on Thursday: nobody trades currencies from Friday 21:00 to
# Sunday 21:00 UTC, and the price then jumps by so many volatilities, either way.
CLOSES, OPENS = DAY + 21 * 3_600, 3 * DAY + 21 * 3_600
WEEKEND_JUMP = 6.0

# The planted edges: what a return carries on of the one before; by how much prices go on for
# a while the way they left the range of a day; by how much they jump up over a weekend.
CARRIED_ON = 0.2
BREAKOUT_DRIFT, BREAKOUT_LASTS, BREAKOUT_MEMORY = 0.35, 12, DAY // RESOLUTION
GAP_UP, GAP_SPREAD = 6.0, 2.0


def walk(rng: np.random.Generator, count: int) -> Floats:
    """Return normal steps, shape (count, STEPS), of which a candle's sum has variance 1."""
    return rng.standard_normal((count, STEPS)) / np.sqrt(STEPS)


def garch(rng: np.random.Generator, count: int) -> Floats:
    """Return steps whose size follows GARCH(1,1) from candle to candle."""
    steps, variance = walk(rng, count), 1.0
    for i in range(count):
        steps[i] *= np.sqrt(variance)
        variance = 0.02 + 0.08 * steps[i].sum() ** 2 + 0.90 * variance
    return steps


def student(rng: np.random.Generator, count: int) -> Floats:
    """Return steps of which a candle's sum has Student's t(3), of variance 1."""
    return walk(rng, count) / np.sqrt(rng.chisquare(3, (count, 1)))


def seasonal(rng: np.random.Generator, count: int) -> Floats:
    """Return steps whose size follows the hour of the day."""
    clock = 2 * np.pi * (opening_times(count, weekends=False) % DAY) / DAY
    return walk(rng, count) * np.exp(0.5 * np.sin(clock))[:, None]


def autoregressive(rng: np.random.Generator, count: int) -> Floats:
    """Return steps of which each candle carries on a part of the one before."""
    steps = walk(rng, count)
    for i in range(1, count):
        steps[i] += CARRIED_ON * steps[i - 1].sum() / STEPS
    return steps


def breakout(rng: np.random.Generator, count: int) -> Floats:
    """Return steps that drift for a while the way they left the range of a day."""
    steps, close = walk(rng, count), np.zeros(count + 1)
    until, side = -1, 0.0
    for i in range(count):
        if i <= until:
            steps[i] += side * BREAKOUT_DRIFT / STEPS
        close[i + 1] = close[i] + steps[i].sum()
        past = close[max(i + 1 - BREAKOUT_MEMORY, 0) : i + 1]
        left = not past.min() <= close[i + 1] <= past.max()
        if left and i > max(until, BREAKOUT_MEMORY):
            until, side = i + BREAKOUT_LASTS, float(np.sign(close[i + 1] - past.mean()))
    return steps


MAKERS: Mapping[str, Callable[[np.random.Generator, int], Floats]] = {
    "walk": walk,
    "garch": garch,
    "student": student,
    "seasonal": seasonal,
    "weekends": walk,
    "autoregressive": autoregressive,
    "breakout": breakout,
    "weekend_gap": walk,
}
NOISE = ("walk", "garch", "student", "seasonal", "weekends")


def opening_times(count: int, *, weekends: bool, resolution: int = RESOLUTION) -> Times:
    """Return openings (s), weekends left out if wanted."""
    times = START + resolution * np.arange(2 * count, dtype=np.int64)
    if weekends:
        of_week = times % WEEK
        times = times[(of_week < CLOSES) | (of_week >= OPENS)]
    return times[:count]


def make_market(name: str, seed: int, count: int, resolution: int = RESOLUTION) -> pd.DataFrame:
    """Return candles of a market; the same seed gives the same ones.

    Only those with weekends may have another `resolution` (s).
    """
    rng = np.random.default_rng([seed, list(MAKERS).index(name)])
    times = opening_times(count, weekends=name.startswith("weekend"), resolution=resolution)
    after = np.flatnonzero(np.diff(times) > resolution) + 1
    jumps, drawn = np.zeros(count), rng.standard_normal(len(after))
    jumps[after] = GAP_UP + GAP_SPREAD * drawn if name == "weekend_gap" else WEEKEND_JUMP * drawn
    return _candles(SCALE * MAKERS[name](rng, count), SCALE * jumps, times, rng)


def _candles(steps: Floats, jumps: Floats, times: Times, rng: np.random.Generator) -> pd.DataFrame:
    """Return candles that open a jump after the close before."""
    moves = steps.sum(axis=1) + jumps
    opening = np.concatenate([[0.0], np.cumsum(moves)[:-1]]) + jumps
    path = opening[:, None] + np.column_stack([np.zeros(len(steps)), np.cumsum(steps, axis=1)])
    prices = 100 * np.exp(path)
    return pd.DataFrame(
        {
            "time": times,
            "open": prices[:, 0],
            "high": prices.max(axis=1),
            "low": prices.min(axis=1),
            "close": prices[:, -1],
            "volume": rng.lognormal(2, 1, len(steps)),
        }
    )
