"""A series is late once two candles and a minute have passed while its market was open."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.answers.ages import DataAge
from core.clock.grids import Grid
from core.series import Series
from storage.candles.candle_columns import Candles
from storage.candles.series_facts import SeriesFacts
from storage.service.data_ages import data_age, data_ages
from storage.stores import Stores

NEW_YORK = ZoneInfo("America/New_York")
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def at(*parts: int) -> int:
    """Return an instant by New York's clock."""
    return int(datetime(*parts, tzinfo=NEW_YORK).timestamp())


def currencies(second: int) -> bool:
    local = datetime.fromtimestamp(second, NEW_YORK)
    return (local + timedelta(hours=7)).weekday() < 5


def metals(second: int) -> bool:
    return currencies(second) and datetime.fromtimestamp(second, NEW_YORK).hour != 17


def held(
    stores: Stores, series: Series, last: int, days: int, is_open: Callable[[int], bool]
) -> Series:
    """Hold every candle of some days up to one that opened at `last`."""
    openings = [
        one for one in range(last - days * DAY, last + 1, series.resolution) if is_open(one)
    ]
    ones = np.ones(len(openings))
    plain = np.zeros(len(openings), np.int64)
    candles = Candles(np.array(openings, np.int64), ones, ones, ones, ones, ones, plain - 1, plain)
    stores.candles.write(series, candles)
    return series


def due(stores: Stores, series: Series) -> int | None:
    return stores.freshness.of([series])[series].due


# Friday's last candle in winter, in summer, and in the weeks in which the clock changes.
FRIDAYS = [(2024, 1, 12), (2024, 7, 12), (2024, 3, 8), (2024, 11, 1)]


@pytest.mark.parametrize("friday", FRIDAYS)
@pytest.mark.parametrize("days", [3, 60])
def test_currencies_are_not_late_over_a_weekend_and_are_soon_after_it(
    stores: Stores, friday: tuple[int, int, int], days: int
) -> None:
    series = held(stores, Series("mt5-ic", "EURUSD", 300), at(*friday, 16, 55), days, currencies)
    sunday = datetime(*friday, tzinfo=NEW_YORK) + timedelta(days=2, hours=17)
    assert due(stores, series) == sunday.timestamp() + 2 * 300 + MINUTE


def test_metals_open_an_hour_later_and_pause_every_day(stores: Stores) -> None:
    series = Series("mt5-ic", "XAUUSD", 300)
    held(stores, series, at(2024, 7, 12, 16, 55), 3, metals)
    assert due(stores, series) == at(2024, 7, 14, 18) + 2 * 300 + MINUTE
    held(stores, series, at(2024, 7, 15, 16, 55), 1, metals)
    assert due(stores, series) == at(2024, 7, 15, 18) + 2 * 300 + MINUTE


def test_while_the_market_is_open_two_candles_and_a_minute_may_pass(stores: Stores) -> None:
    newest = at(2024, 7, 10, 12)
    series = held(stores, Series("mt5-ic", "EURUSD", 300), newest, 3, currencies)
    judged = stores.freshness.of([series])[series]
    assert judged.due == newest + 3 * 300 + MINUTE
    assert not judged.is_late(judged.due - 1)
    assert judged.is_late(judged.due)
    late = stores.freshness.late([series], lambda: (newest + 3 * 300 + MINUTE) * 1_000)
    assert list(late) == [series]


def test_days_from_17_00_are_awaited_by_that_clock(stores: Stores) -> None:
    series = Series("mt5-ic", "EURUSD", DAY)
    facts = SeriesFacts(Grid(17 * HOUR, "America/New_York"))
    stores.facts.settle(series, facts, replace=False)
    # Monday's to Thursday's, and Friday's, which opened on Thursday at 17:00.
    held_days = [at(2024, 7, day, 17) for day in (7, 8, 9, 10, 11)]
    ones, plain = np.ones(5), np.zeros(5, np.int64)
    candles = Candles(np.array(held_days), ones, ones, ones, ones, ones, plain - 1, plain)
    stores.candles.write(series, candles)
    assert due(stores, series) == at(2024, 7, 16, 17) + MINUTE


def test_a_market_that_never_closes_is_late_on_a_saturday(stores: Stores) -> None:
    newest = at(2024, 7, 13, 12)
    series = held(stores, Series("mt5-ic", "BTCUSD", 300), newest, 3, lambda _: True)
    assert due(stores, series) == newest + 3 * 300 + MINUTE


def test_a_series_of_which_nothing_ever_came_is_late(stores: Stores) -> None:
    series = Series("mt5-ic", "EURUSD", 300)
    assert stores.freshness.of([series])[series].is_late(0)


def test_what_was_late_at_the_last_look_is_kept(stores: Stores) -> None:
    newest = at(2024, 7, 10, 12)
    series = held(stores, Series("mt5-ic", "EURUSD", 300), newest, 3, currencies)
    never = Series("mt5-ic", "GBPUSD", 300)
    stores.freshness.note(stores.freshness.of([series, never]))
    assert stores.freshness.noted() == {series: newest, never: None}
    stores.freshness.note({})
    assert stores.freshness.noted() == {}


def test_ages_are_told_by_the_sessions_and_of_what_is_held(stores: Stores) -> None:
    newest = at(2024, 7, 12, 16, 55)
    series = held(stores, Series("mt5-ic", "EURUSD", 300), newest, 3, currencies)
    none = Series("file", "NOTHING", 300)

    def told(second: int) -> DataAge:
        return data_ages(stores, [series], lambda: second * 1_000)[series]

    saturday, monday = newest + DAY, at(2024, 7, 15)
    assert told(saturday) == DataAge("2024-07-12T21:00:00Z", DAY - 300, stale=False)
    assert told(monday).stale
    assert told(newest + 299) == DataAge("2024-07-12T21:00:00Z", 0, stale=False)
    assert data_age(stores, none) == DataAge(None, None, stale=True)


@pytest.mark.parametrize("friday", FRIDAYS)
def test_the_short_cuts_of_lateness_agree_with_the_rule(
    stores: Stores, friday: tuple[int, int, int]
) -> None:
    newest = at(*friday, 16, 55)
    series = held(stores, Series("mt5-ic", "EURUSD", 300), newest, 3, currencies)
    judged = stores.freshness.of([series])[series]
    for after in (0, 300, 600, 660, DAY, 2 * DAY, 3 * DAY, 20 * DAY, 22 * DAY, 400 * DAY):
        now = newest + after
        assert stores.freshness.is_late_after(series, newest, now) is judged.is_late(now)


def test_a_weekend_is_no_hole_and_a_lost_hour_is_one(stores: Stores) -> None:
    newest = at(2024, 7, 12, 16, 55)
    series = held(stores, Series("mt5-ic", "EURUSD", 300), newest, 3, currencies)
    sunday = at(2024, 7, 14, 17)
    assert not stores.freshness.is_hole(series, newest, sunday)
    assert not stores.freshness.is_hole(series, newest, sunday + HOUR)
    assert stores.freshness.is_hole(series, newest, sunday + HOUR + 300)
    times = np.array([newest - 600, newest - 300, newest, sunday + 2 * HOUR, sunday + 3 * HOUR])
    assert stores.freshness.last_hole(series, times) == 3
