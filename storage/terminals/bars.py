"""Rows of a terminal, by its server's clock, as candles in UTC."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from core.brokers.clock import BrokerClock
from core.clock.times import LATEST_MS
from core.clock.wall_times import latest_instants
from storage.candles.candle_checks import RejectedRow, check_candles
from storage.candles.candle_columns import Candles, Floats

_WIDTH = 7  # time, four prices, ticks, spread; a terminal's further columns are not read
_NEEDED, _CLOSE = 6, 4


class Bars(NamedTuple):
    """Candles, rows that are none; of each row its time (s UTC), close and spread in points.

    What a row has not is NaN.
    """

    candles: Candles
    rejected: list[RejectedRow]
    times: Floats
    closes: Floats
    points: Floats


def read_bars(rows: Sequence[Any], resolution: int, clock: BrokerClock, now: int) -> Bars:
    """Check the rows of one series; `now` (s UTC) is what the server's clock says."""
    table, shapeless = _table(rows)
    walls = table[:, 0]
    sane = np.isfinite(walls) & (walls >= 0) & (walls < LATEST_MS / 1_000)
    order = np.flatnonzero(sane)
    if (np.diff(walls[order]) < 0).sum() * 2 > len(order):
        order = order[::-1]  # the newest come first
    whole = walls[order].astype(np.int64)
    instants, shown = latest_instants(whole, clock.rule, now)
    times = np.full(len(table), np.nan)
    # What lies within a second stays there, so that the grid refuses it.
    times[order[shown]] = (instants + (walls[order] - whole))[shown]
    checked = check_candles(
        np.column_stack([times, table[:, 1:_NEEDED]]).tolist(),
        resolution,
        now * 1_000,
        grid=clock.grid(resolution),
    )
    never = {int(place): f"{clock.zone} never shows this time" for place in order[~shown]}
    reasons = never | shapeless
    rejected = [
        RejectedRow(row.index, reasons.get(row.index, row.reason)) for row in checked.rejected
    ]
    return Bars(checked.candles, rejected, times, table[:, _CLOSE], table[:, _NEEDED])


def _table(rows: Sequence[Any]) -> tuple[Floats, dict[int, str]]:
    """Return all rows 7 wide, and the reasons of those that are no numbers."""
    table, reasons = np.full((len(rows), _WIDTH), np.nan), {}
    try:
        read = np.array(rows, np.float64)
        if read.ndim == 2 and read.shape[1] >= _NEEDED:
            table[:, : read.shape[1]] = read[:, :_WIDTH]
            return table, {}
    except (TypeError, ValueError, OverflowError):
        pass  # one of them is odd: find out which
    for index, row in enumerate(rows):
        try:
            if not isinstance(row, list) or len(row) < _NEEDED:
                raise ValueError
            table[index, : len(row)] = np.array(row[:_WIDTH], np.float64)
        except (TypeError, ValueError, OverflowError):
            reasons[index] = "a bar must be numbers: time, open, high, low, close, ticks, spread"
    return table, reasons
