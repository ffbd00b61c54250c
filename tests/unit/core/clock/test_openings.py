"""Openings of a grid lie at its times of day by its clock, held against zoneinfo."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock.clocks import Clock
from core.clock.grids import PLAIN, Grid, parse_grid
from core.clock.openings import closed_at, end_of, ends, on_grid, opening_at, openings, utc_phase
from core.clock.wall_times import instants, wall_seconds

HOUR, DAY = 3_600, 86_400
YEAR_2024 = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
ZONES = ("America/New_York", "Europe/London", "Australia/Sydney", "Asia/Kolkata", "NY+7", "UTC-5")
HOURS = (HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR, DAY)


def _walked(zone: str, start: int, resolution: int, days: int) -> list[int]:
    """Return a year's openings the plain way: every wall time, by zoneinfo, first showing."""
    clock = ZoneInfo(zone)
    found = []
    wall = datetime(2024, 1, 1) + timedelta(seconds=start % resolution)  # noqa: DTZ001
    while wall < datetime(2024, 1, 1) + timedelta(days=days):  # noqa: DTZ001
        at = wall.replace(tzinfo=clock).astimezone(UTC)
        if at.astimezone(clock).replace(tzinfo=None) == wall:
            found.append(int(at.timestamp()))
        wall += timedelta(seconds=resolution)
    return found


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Australia/Sydney"])
@pytest.mark.parametrize("resolution", [4 * HOUR, DAY])
def test_days_from_17_00_keep_their_hour_through_both_changes(zone: str, resolution: int) -> None:
    walked = _walked(zone, 17 * HOUR, resolution, 366)

    found = openings(walked[0], walked[-1] + 1, resolution, Grid(17 * HOUR, zone))

    assert found.tolist() == walked


@settings(deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    start=st.integers(0, 95).map(lambda quarter: 900 * quarter),
    resolution=st.sampled_from(HOURS),
    second=st.integers(YEAR_2024, YEAR_2024 + 400 * DAY),
)
def test_openings_follow_each_other_without_a_hole(
    zone: str, start: int, resolution: int, second: int
) -> None:
    grid = Grid(start, zone)
    around = openings(second - 4 * DAY, second + 4 * DAY, resolution, grid)

    assert on_grid(around, resolution, grid).all()
    assert ends(around[:-1], resolution, grid).tolist() == around[1:].tolist()
    assert opening_at(second, resolution, grid) == around[around <= second][-1]
    assert closed_at(second, resolution, grid) == around[around <= second][-2]
    assert end_of(int(around[3]), resolution, grid) == around[4]


def test_hours_from_half_past_stay_half_past_whatever_the_clock_does() -> None:
    assert utc_phase(HOUR, parse_grid("09:30@America/New_York")) == 1_800
    assert utc_phase(DAY, parse_grid("17:00@America/New_York")) is None
    assert utc_phase(DAY, parse_grid("22:00@UTC")) == 22 * HOUR
    assert utc_phase(300, PLAIN) == 0


@settings(deadline=None)
@given(
    zone=st.sampled_from((*ZONES, "Australia/Lord_Howe", "Africa/Casablanca")),
    seconds=st.lists(st.integers(0, 4_000_000_000), min_size=1, max_size=20),
)
def test_columns_of_instants_are_what_the_clock_shows_of_each(
    zone: str, seconds: list[int]
) -> None:
    walls = wall_seconds(np.array(seconds, np.int64), zone)

    assert walls.tolist() == [round(Clock(zone).of_utc(one)) for one in seconds]
    assert set(seconds) <= set(instants(walls, zone).tolist())
