"""Weekends of foreign exchange are closures; an outage is a gap."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock.grids import parse_grid
from core.clock.sessions import WEEK, Sessions, Times, learn_sessions
from ml.data.candle_frames import finished
from ml.features.history import make_history

HOUR, DAY = 3_600, 86_400
NEW_YORK = ZoneInfo("America/New_York")


def epoch(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def foreign_exchange(start: int, end: int) -> np.ndarray:
    """Hourly openings from Sunday 17:00 to Friday 16:00 in New York."""

    def trades(time: int) -> bool:
        local = datetime.fromtimestamp(time, NEW_YORK)
        hour_of_week = local.weekday() * 24 + local.hour
        return not 4 * 24 + 17 <= hour_of_week < 6 * 24 + 17

    return np.array([time for time in range(start, end, HOUR) if trades(time)])


WINTER_AND_SUMMER = foreign_exchange(epoch(2023, 11, 20), epoch(2024, 7, 19, 12))


def test_a_market_around_the_clock_has_no_closures() -> None:
    times = np.arange(0, 30 * WEEK, HOUR)

    sessions = learn_sessions(times, HOUR)

    assert not sessions.closures.any()


def test_weekends_are_closures_also_where_daylight_saving_moves_them() -> None:
    sessions = learn_sessions(WINTER_AND_SUMMER, HOUR)

    assert sessions.gaps(WINTER_AND_SUMMER) == []
    assert 48 <= sessions.closures.sum() <= 50


def test_an_outage_within_the_week_is_a_gap() -> None:
    lost = (epoch(2024, 5, 7, 3), epoch(2024, 5, 7, 9))
    times = WINTER_AND_SUMMER[(lost[0] > WINTER_AND_SUMMER) | (lost[1] <= WINTER_AND_SUMMER)]

    sessions = learn_sessions(times, HOUR)

    assert sessions.gaps(times) == [lost]
    assert sessions.missing_before(times).sum() == 6


def test_an_outage_that_ends_a_weekend_counts_only_its_trading_hours() -> None:
    sunday, back = epoch(2024, 5, 5, 21), epoch(2024, 5, 6, 2)
    times = WINTER_AND_SUMMER[(sunday > WINTER_AND_SUMMER) | (back <= WINTER_AND_SUMMER)]

    missing = learn_sessions(times, HOUR).missing_before(times)

    # In New York's summer trading goes from Sunday 21:00 UTC on, an hour before winter's.
    assert missing.sum() == 5


def test_the_next_openings_skip_the_weekend_as_it_lies_now() -> None:
    friday = int(WINTER_AND_SUMMER[-1])
    sessions = learn_sessions(WINTER_AND_SUMMER, HOUR)

    openings = sessions.next_openings(friday, 100)

    # The newest candle opened on Friday at 11:00 UTC; in summer trading ends after 20:00 UTC.
    assert openings[8] == epoch(2024, 7, 19, 20)
    assert openings[9] == epoch(2024, 7, 21, 21)
    truth = foreign_exchange(friday + HOUR, friday + 2 * WEEK)[:100]
    assert openings.tolist() == truth.tolist()


def test_daily_candles_of_shares_skip_saturday_and_sunday() -> None:
    day = 86_400
    days = np.arange(epoch(2024, 1, 1), epoch(2024, 6, 29), day)
    times = np.array([t for t in days if datetime.fromtimestamp(t, UTC).weekday() < 5])
    sessions = learn_sessions(times, day)

    assert sessions.gaps(times) == []
    assert sessions.next_openings(epoch(2024, 6, 28), 2).tolist() == [
        epoch(2024, 7, 1),
        epoch(2024, 7, 2),
    ]


def test_candles_missing_here_and_there_are_no_closure() -> None:
    generator = np.random.default_rng(0)
    times = np.arange(0, 20 * WEEK, HOUR)[generator.random(20 * 168) > 0.3]

    sessions = learn_sessions(times, HOUR)

    assert not sessions.closures.any()


def test_less_than_four_whole_weeks_show_no_closure() -> None:
    times = foreign_exchange(epoch(2024, 5, 1), epoch(2024, 5, 28))

    assert not learn_sessions(times, HOUR).closures.any()


@pytest.mark.parametrize("held", [0, 1, 2])
def test_hardly_any_candles_show_no_closure(held: int) -> None:
    assert not learn_sessions(np.arange(held) * HOUR, HOUR).closures.any()


def test_sessions_survive_being_written_down() -> None:
    sessions = learn_sessions(WINTER_AND_SUMMER, HOUR)

    again = Sessions.from_dict(sessions.to_dict())

    assert again.resolution == HOUR
    assert again.closures.tolist() == sessions.closures.tolist()
    assert again.closed.tolist() == sessions.closed.tolist()


@given(st.sets(st.integers(0, 400), min_size=2, max_size=60), st.integers(0, 167))
def test_missing_candles_are_the_open_slots_between(held: set[int], shift: int) -> None:
    closures = np.zeros(168, bool)
    closures[20:60] = True
    sessions = Sessions(HOUR, closures, closures)
    times = (np.array(sorted(held)) + shift) * HOUR

    expected = [0] + [
        sum(not closures[slot // HOUR % 168] for slot in range(a + HOUR, b, HOUR))
        for a, b in pairwise(times)
    ]

    assert sessions.missing_before(times).tolist() == expected


def market(zone: str, first: datetime, weeks: int, hours: range) -> Times:
    """Hourly openings of a market that trades from Monday to Friday by the clock of `zone`."""
    clock = ZoneInfo(zone)
    days = (first + timedelta(days=n) for n in range(7 * weeks))
    return np.array(
        [
            int(datetime(day.year, day.month, day.day, hour, tzinfo=clock).timestamp())
            for day in days
            if day.weekday() < 5
            for hour in hours
        ],
        np.int64,
    )


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Australia/Sydney"])
@pytest.mark.parametrize("change", ["spring", "autumn"])
def test_a_change_of_clocks_moves_neither_gaps_nor_the_next_openings(
    zone: str, change: str
) -> None:
    first = datetime(2024, 1, 1) if change == "spring" else datetime(2024, 7, 1)  # noqa: DTZ001
    times = market(zone, first, 24, range(9, 16))
    # The last change lies at most 5 weeks back, and at least one is among the candles.
    for weeks in (19, 20, 22):
        known = times[: weeks * 35]
        sessions = learn_sessions(known, HOUR)
        assert sessions.gaps(known) == []
        assert sessions.next_openings(int(known[-1]), 35).tolist() == (
            times[weeks * 35 : (weeks + 1) * 35].tolist()
        )


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Australia/Sydney"])
def test_a_named_zone_tells_the_openings_after_a_change_that_was_never_seen(zone: str) -> None:
    times = market(zone, datetime(2024, 4, 15), 40, range(9, 16))  # noqa: DTZ001
    known = times[: 6 * 35]
    sessions = learn_sessions(known, HOUR, zone)
    again = Sessions.from_dict(sessions.to_dict())
    assert again.gaps(times) == []
    assert again.next_openings(int(known[-1]), len(times) - len(known)).tolist() == (
        times[len(known) :].tolist()
    )


def test_foreign_exchange_is_never_forecast_into_a_friday_evening_that_is_closed() -> None:
    for weeks in range(6, 40):
        known = WINTER_AND_SUMMER[WINTER_AND_SUMMER[0] + weeks * 7 * DAY > WINTER_AND_SUMMER]
        if len(known) == len(WINTER_AND_SUMMER):
            break
        ahead = learn_sessions(known, HOUR).next_openings(int(known[-1]), 24 * 5 * 2)
        ahead = ahead[ahead <= WINTER_AND_SUMMER[-1]]
        assert np.isin(ahead, WINTER_AND_SUMMER).all()


def test_a_frame_that_names_its_clock_is_prepared_by_it() -> None:
    times = market("America/New_York", datetime(2024, 4, 15), 8, range(9, 16))  # noqa: DTZ001
    columns = dict.fromkeys(("open", "high", "low", "close", "volume"), np.ones(len(times)))
    frame = pd.DataFrame({"time": times} | columns)
    frame.attrs["zone"] = "America/New_York"
    # What training does to a frame before it is prepared.
    newest = finished(frame).tail(200).reset_index(drop=True)
    assert make_history(newest, HOUR).sessions.zone == "America/New_York"


FROM_17_00 = parse_grid("17:00@America/New_York")


def daily_from_17_00(first: date, days: int) -> Times:
    """Openings of daily candles of foreign exchange: 17:00 New York, Sunday to Thursday."""
    evenings = [
        datetime.combine(first + timedelta(days=n), time(17), NEW_YORK) for n in range(days)
    ]
    return np.array([int(at.timestamp()) for at in evenings if at.weekday() not in (4, 5)])


def test_days_from_17_00_new_york_open_at_that_hour_after_both_changes() -> None:
    times = daily_from_17_00(date(2022, 1, 2), 1_100)
    sessions = learn_sessions(times[:400], 86_400, grid=FROM_17_00)

    again = Sessions.from_dict(sessions.to_dict())

    assert (again.grid, again.zone) == (FROM_17_00, "America/New_York")
    assert not again.missing_before(times).any()
    assert again.gaps(times) == []
    for last in range(400, len(times) - 3):
        assert again.next_openings(int(times[last]), 3).tolist() == times[last + 1 :][:3].tolist()


def test_a_missing_day_of_a_moving_grid_is_a_gap_at_its_own_hour() -> None:
    times = daily_from_17_00(date(2024, 1, 7), 120)
    sessions = learn_sessions(times, 86_400, grid=FROM_17_00)
    monday = int(datetime(2024, 3, 11, 17, tzinfo=NEW_YORK).timestamp())

    held = times[times != monday]

    assert sessions.gaps(held) == [(monday, int(held[held > monday][0]))]


@pytest.mark.parametrize("resolution", [300, HOUR, 4 * HOUR])
def test_a_market_that_never_closes_has_no_gap_at_a_change_of_a_named_clock(
    resolution: int,
) -> None:
    times = np.arange(epoch(2024, 1, 1), epoch(2025, 1, 1), resolution)
    sessions = learn_sessions(times, resolution, "America/New_York")

    assert not sessions.missing_before(times).any()
    assert sessions.next_openings(epoch(2024, 3, 9), 100).tolist() == [
        epoch(2024, 3, 9) + resolution * n for n in range(1, 101)
    ]


@settings(deadline=None)
@given(
    held=st.sets(st.integers(0, 700), min_size=2, max_size=60),
    closed=st.integers(0, 120),
    change=st.sampled_from([(2024, 3, 1), (2024, 10, 25)]),
)
def test_openings_missing_across_a_change_are_those_that_a_walk_finds(
    held: set[int], closed: int, change: tuple[int, int, int]
) -> None:
    closures = np.zeros(168, bool)
    closures[closed : closed + 48] = True
    sessions = Sessions(HOUR, closures, closures, "America/New_York")
    times = epoch(*change) + HOUR * np.array(sorted(held))

    def is_open(second: int) -> bool:
        shown = datetime.fromtimestamp(second, NEW_YORK)
        return not closures[(shown.weekday() - 3) % 7 * 24 + shown.hour]

    expected = [0] + [
        sum(is_open(second) for second in range(a + HOUR, b, HOUR)) for a, b in pairwise(times)
    ]

    assert sessions.missing_before(times).tolist() == expected
