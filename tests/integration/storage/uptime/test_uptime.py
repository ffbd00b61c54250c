"""Uptime is the share of minutes with a record of being well; without one a minute was down."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete

from storage.database import writing
from storage.uptime.uptime import WINDOW, UptimeStore
from storage.uptime.uptime_tables import uptime_minutes

MINUTE = 60_000


class Minutes:
    """A store whose clock is set."""

    def __init__(self, engine: Engine) -> None:
        self.now = 1_000_000 * MINUTE
        self.store = UptimeStore(engine, clock=lambda: self.now)

    def live(self, *states: bool | None) -> None:
        """Pass a minute for each: well, not well, or stopped."""
        for state in states:
            if state is not None:
                self.store.note([] if state else ["it rains"])
            self.now += MINUTE


@pytest.fixture
def minutes(engine: Engine) -> Minutes:
    return Minutes(engine)


def test_three_of_sixty_minutes_without_a_server_are_five_percent(minutes: Minutes) -> None:
    minutes.live(*[True] * 30, *[None] * 3, *[True] * 27)
    assert minutes.store.window().percent == 95.0


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
)
@given(st.lists(st.sampled_from([True, False, None]), max_size=40))
def test_the_share_is_that_of_minutes_that_were_well(
    engine: Engine, states: list[bool | None]
) -> None:
    with writing(engine) as connection:
        connection.execute(delete(uptime_minutes))
    minutes = Minutes(engine)
    minutes.live(True, *states)
    found = minutes.store.window()
    assert found.percent == round(100 * (1 + states.count(True)) / (1 + len(states)), 1)
    assert found.since == 1_000_000 * MINUTE


def test_a_minute_is_well_only_if_every_look_at_it_was(minutes: Minutes) -> None:
    for reasons in ([], ["it rains"], []):
        minutes.store.note(reasons)
    assert minutes.store.window().percent == 0.0
    minutes.now += MINUTE
    minutes.store.note([])
    minutes.store.note([])
    assert minutes.store.window().percent == 50.0


def test_only_thirty_days_count(minutes: Minutes) -> None:
    minutes.live(False, False)
    minutes.now += (WINDOW - 2) * MINUTE
    minutes.live(True)
    found = minutes.store.window()
    assert found.since == minutes.now - WINDOW * MINUTE + MINUTE
    assert found.percent == round(100 / (WINDOW - 1), 1)


def test_before_anything_is_noted_nothing_was_up(minutes: Minutes) -> None:
    assert minutes.store.window().percent == 0.0
