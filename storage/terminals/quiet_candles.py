"""Candles in which nothing was quoted: terminals leave them out, and markets were open."""

import numpy as np

from core.clock.resolutions import DAY, HOUR
from core.clock.wall_times import wall_seconds
from core.series import CandleFlag
from storage.candles.candle_columns import UNKNOWN_TRADES, Candles, Integers

# More in a row are a gap or a closure.
MOST_IN_A_ROW = 3
# An opening of the day that so few days have is a daily closure, if so many days are known.
LEAST_SHARE, LEAST_DAYS = 0.5, 3


def quiet_candles(candles: Candles, resolution: int, zone: str) -> Candles:
    """Return what is missing between candles of one answer, flat at the close before.

    At most three in a row, and none at a time of day (of `zone`) at which the market is
    closed most days.
    """
    steps = np.diff(candles.time) // resolution
    before = np.flatnonzero((steps > 1) & (steps <= MOST_IN_A_ROW + 1))
    if not len(before):
        return Candles.empty()
    places = np.repeat(before, steps[before] - 1)
    nth = np.concatenate([np.arange(1, steps[place]) for place in before])
    time: Integers = candles.time[places] + nth * resolution
    open_then = _is_open(time, candles.time, resolution, zone)
    time, close = time[open_then], candles.close[places][open_then]
    return Candles(
        time,
        *(close, close, close, close),
        np.zeros(len(time)),
        np.full(len(time), UNKNOWN_TRADES, np.int64),
        np.full(len(time), int(CandleFlag.QUIET), np.int64),
    )


def _is_open(missing: Integers, held: Integers, resolution: int, zone: str) -> "np.ndarray":
    """Say of each missing opening whether most days have it; few days tell it of hours only not."""
    walls = wall_seconds(held, zone)
    days = len(np.unique(walls // DAY))
    if days < LEAST_DAYS:
        return np.full(len(missing), resolution < HOUR)
    counts = np.bincount(walls % DAY // resolution, minlength=DAY // resolution)
    share = counts[wall_seconds(missing, zone) % DAY // resolution] / days
    return np.asarray(share >= LEAST_SHARE)
