"""Replies of TS.RANGE, turned into columns."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from storage.candles.candle_columns import UNKNOWN_TRADES, Candles, Floats, Integers

Reply = Sequence[Sequence[Any]]


def to_candles(replies: Sequence[Reply]) -> Candles:
    """Return candles from the replies for open, high, low, close, volume, trades and flags.

    The replies are ascending. Only times that all of the first five have make a
    candle; the count of trades and the flags may be absent anywhere.
    """
    *plain, trades, flags = replies
    if not all(plain):
        return Candles.empty()
    time = times(plain[0])
    columns = [values(reply) for reply in plain]
    # One transaction writes all fields of a candle, so that their times agree; a
    # field that was tampered with costs its candles, not wrong ones.
    if any(len(reply) != len(time) or reply[-1][0] != plain[0][-1][0] for reply in plain):
        time, columns = _common([times(reply) for reply in plain], columns)
    opening, high, low, close, volume = columns
    counts, marks = _place(time, trades, UNKNOWN_TRADES), _place(time, flags, 0)
    return Candles(time, opening, high, low, close, volume, counts, marks)


def times(reply: Reply) -> Integers:
    """Return the sample times in seconds."""
    return np.array([sample[0] for sample in reply], np.int64) // 1_000


def values(reply: Reply) -> Floats:
    """Return the sample values, each exactly the double that was written."""
    return np.array([float(sample[1]) for sample in reply], np.float64)


def _common(all_times: list[Integers], columns: list[Floats]) -> tuple[Integers, list[Floats]]:
    shared = all_times[0]
    for time in all_times[1:]:
        shared = np.intersect1d(shared, time, assume_unique=True)
    pairs = zip(all_times, columns, strict=True)
    return shared, [column[np.searchsorted(time, shared)] for time, column in pairs]


def _place(time: Integers, reply: Reply, absent: int) -> Integers:
    """Lay sparse samples onto the candles' times."""
    column = np.full(len(time), absent, np.int64)
    if reply and len(time):
        given, found = times(reply), values(reply).astype(np.int64)
        place = np.searchsorted(time, given).clip(max=len(time) - 1)
        known = time[place] == given
        column[place[known]] = found[known]
    return column
