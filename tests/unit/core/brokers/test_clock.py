"""A broker's clock is learnt from its distance and from its weeks; zoneinfo is the oracle."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.brokers.clock import (
    BY_HISTORY,
    BY_OFFSET,
    CONFIRMED,
    BrokerClock,
    instant_shown,
    learn_clock,
    measured_offset,
    refine_clock,
)
from core.clock.grids import Grid
from core.clock.wall_times import latest_instants, wall_seconds
from core.errors import Conflict

NEW_YORK = ZoneInfo("America/New_York")
HOUR, DAY = 3_600, 86_400


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def shows(zone: str, second: int) -> int:
    """Return what a clock shows, by zoneinfo alone."""
    ahead = timedelta(hours=7) if zone == "NY+7" else timedelta()
    name = "America/New_York" if zone == "NY+7" else zone
    local = datetime.fromtimestamp(second, ZoneInfo(name)).replace(tzinfo=UTC)
    return int((local + ahead).timestamp())


def history(zone: str, start: int, weeks: int) -> "np.ndarray":
    """Return hourly openings of a market of currencies, by a broker's clock."""
    every = range(start, start + weeks * 7 * DAY, HOUR)

    def is_open(second: int) -> bool:
        return (datetime.fromtimestamp(second, NEW_YORK) + timedelta(hours=7)).weekday() < 5

    return np.array([shows(zone, one) for one in every if is_open(one)], np.int64)


WINTER, SUMMER = at(2024, 1, 17, 12), at(2024, 7, 17, 12)


@pytest.mark.parametrize("now", [WINTER, SUMMER])
def test_the_usual_clock_is_guessed_from_its_distance_alone(now: int) -> None:
    offset = measured_offset(shows("NY+7", now) + 40, now)
    assert learn_clock(offset, now, []) == BrokerClock("NY+7", BY_OFFSET, now)


@pytest.mark.parametrize("zone", ["NY+7", "Europe/Athens", "UTC", "Europe/London"])
def test_weeks_on_both_sides_of_a_change_tell_the_clock(zone: str) -> None:
    now = SUMMER
    offset = shows(zone, now) - now
    learnt = learn_clock(offset, now, [history(zone, at(2023, 9, 1), 40)])
    # Athens runs by the rule that EET names.
    assert (learnt.zone, learnt.source) == (zone.replace("Europe/Athens", "EET"), BY_HISTORY)


def test_a_guess_is_mended_by_history_and_what_was_confirmed_by_nothing() -> None:
    now = WINTER
    offset = shows("Europe/Athens", now) - now
    guess = learn_clock(offset, now, [])
    assert guess.zone == "NY+7"
    weeks = [history("Europe/Athens", at(2023, 6, 1), 30)]
    mended = refine_clock(guess, offset, now, weeks)
    assert (mended.zone, mended.source) == ("EET", BY_HISTORY)
    assert guess.was_guessed_for(mended)
    confirmed = BrokerClock("NY+7", CONFIRMED, now)
    assert refine_clock(confirmed, offset, now, weeks) == confirmed


def test_a_clock_that_jumped_was_not_guessed_for_the_new_one() -> None:
    guess = BrokerClock("NY+7", BY_OFFSET, WINTER)
    assert not guess.was_guessed_for(BrokerClock("UTC+5", CONFIRMED, SUMMER))
    assert not BrokerClock("NY+7", CONFIRMED, WINTER).was_guessed_for(BrokerClock("EET", CONFIRMED))


@pytest.mark.parametrize("off", [91, -91, 400, 12 * HOUR + 450])
def test_what_is_no_whole_quarter_of_an_hour_is_refused(off: int) -> None:
    with pytest.raises(Conflict, match="whole quarter"):
        measured_offset(WINTER + off, WINTER)


@pytest.mark.parametrize("off", [0, 90, -90, 40])
def test_up_to_a_minute_and_a_half_is_forgiven(off: int) -> None:
    assert measured_offset(WINTER + 2 * HOUR + off, WINTER) == 2 * HOUR


def test_a_distance_that_no_usual_clock_has_must_be_confirmed() -> None:
    with pytest.raises(Conflict, match="confirm-clock"):
        learn_clock(5 * HOUR + 2_700, WINTER, [])


CHANGES = {"NY+7": [(2024, 3, 10, 7), (2024, 11, 3, 6)], "EET": [(2024, 3, 31, 1)]}


@pytest.mark.parametrize("zone", CHANGES)
def test_around_a_change_both_distances_are_right_and_at_other_times_one(zone: str) -> None:
    clock = BrokerClock(zone, CONFIRMED)
    for change in CHANGES[zone]:
        moment = at(*change)
        before, after = clock.offset(moment - DAY), clock.offset(moment + DAY)
        assert abs(before - after) == HOUR
        for now in (moment - DAY, moment + DAY):
            assert clock.explains(before, now)
            assert clock.explains(after, now)
        assert not clock.explains(before, moment + 3 * DAY)
        assert not clock.explains(after, moment - 3 * DAY)
        assert not clock.explains(before + 3 * HOUR, moment)


def test_days_begin_at_midnight_by_the_brokers_clock() -> None:
    assert BrokerClock("NY+7", CONFIRMED).day == Grid(17 * HOUR, "America/New_York")
    assert BrokerClock("NY+7", CONFIRMED).grid(DAY) == Grid(17 * HOUR, "America/New_York")
    for length in (300, HOUR):
        assert BrokerClock("NY+7", CONFIRMED).grid(length).is_plain
    assert BrokerClock("UTC", CONFIRMED).grid(DAY).is_plain
    assert BrokerClock("Europe/Athens", CONFIRMED).day == Grid(0, "Europe/Athens")


@pytest.mark.parametrize(
    ("zone", "now"),
    [
        ("NY+7", at(2026, 3, 31)),
        ("NY+7", at(2026, 7, 1)),
        ("NY+7", at(2026, 11, 4)),
        ("NY+7", at(2026, 12, 30)),
        ("Europe/London", at(2026, 7, 1)),
        ("Europe/Athens", at(2026, 3, 20)),  # New York's clock has changed, Europe's has not
    ],
)
def test_what_a_clock_showed_before_it_changed_is_told_by_how_far_ahead_it_is_now(
    zone: str, now: int
) -> None:
    offset = shows(zone, now) - now
    for age in range(0, 300 * DAY, 7 * DAY + 3 * HOUR):
        assert instant_shown(shows(zone, now - age), offset, now) == now - age


def test_a_clock_that_no_usual_one_explains_was_always_as_far_ahead() -> None:
    now, opened = at(2026, 12, 30), at(2026, 7, 1)
    assert instant_shown(opened + 3 * HOUR, 3 * HOUR, now) == opened
    assert instant_shown(opened + 20_700, 20_700, now) == opened


def test_each_day_goes_by_the_zone_that_the_clock_had_then() -> None:
    moved, now = at(2024, 5, 4), at(2024, 8, 1)
    clock = BrokerClock("Europe/Athens", BY_HISTORY).set_to("NY+7", moved, now)
    assert (clock.zone, clock.source, clock.earlier) == (
        "NY+7", CONFIRMED, (("Europe/Athens", moved),),
    )  # fmt: skip
    every = np.arange(at(2023, 9, 1), at(2025, 3, 1), 5 * HOUR)
    walls = [shows("Europe/Athens" if one < moved else "NY+7", one) for one in every.tolist()]
    assert wall_seconds(every, clock.rule).tolist() == walls
    found, shown = latest_instants(np.array(walls), clock.rule, at(2025, 3, 1))
    assert shown.all()
    assert found.tolist() == every.tolist()
    assert clock.offset(moved - 1) == clock.offset(moved) == 3 * HOUR
    assert clock.explains(3 * HOUR, now)


def test_a_zone_that_was_confirmed_by_mistake_never_was() -> None:
    since, now = at(2024, 5, 4), at(2024, 8, 1)
    wrong = BrokerClock("NY+7", BY_HISTORY).set_to("UTC+5", since, now)
    assert wrong.earlier == (("NY+7", since),)
    assert wrong.set_to("UTC", since, now).earlier == (("NY+7", since),)
    assert wrong.set_to("NY+7", since, now).earlier == ()
    assert wrong.set_to("UTC+5", now, now).earlier == (("NY+7", since),)
    twice = wrong.set_to("UTC", now - DAY, now)
    assert twice.earlier == (("NY+7", since), ("UTC+5", now - DAY))
    assert twice.set_to("UTC+1", since - DAY, now).earlier == (("NY+7", since - DAY),)
