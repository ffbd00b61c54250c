"""Longer candles made of shorter ones, on a grid."""

import numpy as np

from core.clock.grids import Grid
from core.clock.openings import ends, openings
from core.clock.resolutions import DAY
from core.series import CandleFlag
from storage.candles.candle_columns import UNKNOWN_TRADES, Candles

_PARTIAL, _GAP, _QUIET = int(CandleFlag.PARTIAL), int(CandleFlag.GAP), int(CandleFlag.QUIET)


def longer_candles(
    shorter: Candles, length: int, resolution: int, grid: Grid, until: int, *, more: bool
) -> Candles:
    """Return the candles of `resolution` that ascending ones of `length` (s) make.

    One is PARTIAL if it has not ended at `until` (s), or lacks its last part while no later
    candle is held (`more` says that one is beyond these); with a hole inside it is GAP.
    """
    if not len(shorter):
        return Candles.empty()
    first, last = int(shorter.time[0]), int(shorter.time[-1])
    grid_openings = openings(first - resolution - DAY, last + 1, resolution, grid)
    place = np.searchsorted(grid_openings, shorter.time, "right") - 1
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    stops = np.append(starts[1:], len(shorter))
    time = grid_openings[place[starts]]
    high, low = np.maximum.reduceat(shorter.high, starts), np.minimum.reduceat(shorter.low, starts)
    opening = shorter.open[starts]
    close_of = ends(time, resolution, grid)
    lacks_end = shorter.time[stops - 1] + length < close_of
    lacks_end[:-1] = False
    lacks_end &= not more
    unfinished = np.bitwise_or.reduceat(shorter.flags & _PARTIAL, starts) != 0
    partial = unfinished | lacks_end | (close_of > until)
    whole = shorter.time[stops - 1] - shorter.time[starts] == (stops - starts - 1) * length
    quiet = np.bitwise_and.reduceat(shorter.flags & _QUIET, starts) != 0
    outside = (opening < low) | (opening > high)
    flags = (
        partial * _PARTIAL
        + (~whole) * _GAP
        + quiet * _QUIET
        + outside * int(CandleFlag.OPEN_OUTSIDE)
    ).astype(np.int64)
    return Candles(
        time,
        opening,
        high,
        low,
        shorter.close[stops - 1],
        np.add.reduceat(shorter.volume, starts),
        np.full(len(time), UNKNOWN_TRADES, np.int64),
        flags,
    )
