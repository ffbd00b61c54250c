"""Rows that an exchange gave, checked by the series' grid and stored."""

from typing import NamedTuple

import numpy as np

from core.clock.grids import Grid
from core.clock.openings import LEAST_ROWS, learn_grid, on_grid
from core.clock.times import now_ms
from core.errors import ExchangeRefused
from core.series import Series
from feeds.paging import Rows
from storage.candles.candle_checks import CheckedCandles, check_candles, opening_seconds
from storage.candles.candle_merge import WriteResult
from storage.candles.series_facts import SeriesFacts
from storage.stores import Stores


class Stored(NamedTuple):
    """What of some rows could be stored, and what that changed."""

    checked: CheckedCandles
    written: WriteResult


def grid_of(stores: Stores, series: Series) -> Grid:
    """Return when the candles of a series open."""
    return stores.facts.get(series).grid


def store_fetched(stores: Stores, series: Series, rows: Rows) -> Stored:
    """Store a page of an exchange's rows, by the grid that they and the candles held show.

    Raises `ExchangeRefused` where none of them is a candle of this series, as where an
    exchange's days begin at another hour than those held.
    """
    grid = _learnt_grid(stores, series, rows)
    checked = check_candles(rows, series.resolution, now_ms(), grid=grid)
    if checked.rejected and not len(checked.candles):
        reason = checked.rejected[0].reason
        raise ExchangeRefused(f"None of the {len(rows)} candles fetched can be stored: {reason}.")
    return Stored(checked, stores.candles.write(series, checked.candles))


def _learnt_grid(stores: Stores, series: Series, rows: Rows) -> Grid:
    """Return the series' grid; where rows are off it, one that holds them and all held, if any.

    Days from 17:00 in New York open at 21:00 UTC until the clocks change: what a summer's
    candles showed is learnt anew then.
    """
    facts, times = stores.facts.get(series), opening_seconds(rows)
    if on_grid(times, series.resolution, facts.grid).all():
        return facts.grid
    every = np.union1d(stores.candles.times(series), times)
    shown = learn_grid(every, series.resolution, facts.zone)
    if len(every) < LEAST_ROWS or shown.is_plain:
        return facts.grid
    stores.facts.settle(series, SeriesFacts(shown, facts.zone), replace=True)
    return shown
