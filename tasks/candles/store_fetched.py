"""Rows that an exchange gave, checked by the series' grid and stored."""

from typing import NamedTuple

from core.clock.grids import Grid
from core.clock.times import now_ms
from core.errors import ExchangeRefused
from core.series import Series
from feeds.paging import Rows
from storage.candles.candle_checks import CheckedCandles, check_candles
from storage.candles.candle_merge import WriteResult
from storage.stores import Stores


class Stored(NamedTuple):
    """What of some rows could be stored, and what that changed."""

    checked: CheckedCandles
    written: WriteResult


def grid_of(stores: Stores, series: Series) -> Grid:
    """Return when the candles of a series open."""
    return stores.facts.get(series).grid


def store_fetched(stores: Stores, series: Series, rows: Rows) -> Stored:
    """Store a page of an exchange's rows.

    Raises `ExchangeRefused` where none of them is a candle of this series, as where an
    exchange's days begin at another hour than those held.
    """
    checked = check_candles(rows, series.resolution, now_ms(), grid=grid_of(stores, series))
    if checked.rejected and not len(checked.candles):
        reason = checked.rejected[0].reason
        raise ExchangeRefused(f"None of the {len(rows)} candles fetched can be stored: {reason}.")
    return Stored(checked, stores.candles.write(series, checked.candles))
