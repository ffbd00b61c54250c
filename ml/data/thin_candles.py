"""Candles that are much less than a candle: snapshots of unfinished ones, or hardly traded.

A source that hands out candles before they have ended gives a fraction of their volume,
range and trades, all at once. A model reads such a stretch as a calm that is not there.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

# What is usual is the upper quartile of so many candles before: it stays where it is until
# three quarters of them are thin. Fewer than the least tell nothing.
WINDOW, LEAST = 1_000, 50
USUAL = 0.75
# All three must be below these shares of the usual. On real candles of 15 minutes and longer at
# most one in 2,000 is; on minutes of a quiet market, seven in 1,000.
RANGE_SHARE, VOLUME_SHARE, TRADES_SHARE = 1 / 4, 1 / 100, 1 / 20
# A candle in a thin stretch is no better for being larger than its neighbours.
NEWEST, MOST_OF_THEM = 3, 2


def thin_candles(frame: pd.DataFrame) -> Bools:
    """Say of each finished candle whether it, or most of the newest three, are thin.

    Element i reads candles up to and including i only. A market whose volume is not
    known has no thin candles; the number of trades counts where it is known.
    """
    high, low = (frame[name].to_numpy(np.float64) for name in ("high", "low"))
    small = _far_below(np.log(high / low), RANGE_SHARE)
    if small.any():  # hardly ever, and ranking what is usual takes a while
        small &= _far_below(frame["volume"].to_numpy(np.float64), VOLUME_SHARE)
    if "trades" in frame and small.any():
        trades = frame["trades"].to_numpy(np.float64)
        known = trades >= 0
        small &= ~known | _far_below(np.where(known, trades, np.nan), TRADES_SHARE)
    if not small.any():
        return np.asarray(small)
    recent = np.convolve(small, np.ones(NEWEST, np.int64))[: len(small)]
    return np.asarray(small | (recent >= MOST_OF_THEM))


def _far_below(values: Floats, share: float) -> Bools:
    usual = pd.Series(values).rolling(WINDOW, min_periods=LEAST).quantile(USUAL).to_numpy()
    return np.asarray(values < share * usual)
