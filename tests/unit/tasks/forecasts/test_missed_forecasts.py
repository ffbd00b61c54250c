"""What was due and not made is found exactly, whatever the market's hours."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.clock.sessions import Sessions
from core.forecast_target import ForecastTarget, deadline_ms
from tasks.forecasts.missed_forecasts import missed_since

HOUR, WEEK = 3_600, 604_800
MONDAY = 1_700_438_400 // WEEK * WEEK + 4 * 86_400  # weeks are counted from Thursday


def _slot(horizon: int = 1) -> ForecastTarget:
    return ForecastTarget("fx", "EURUSD", HOUR, horizon, "drift")


def _sessions(closed: set[int]) -> dict[str, Any]:
    targets = np.zeros(WEEK // HOUR, bool)
    targets[list(closed)] = True
    return Sessions(HOUR, targets, targets).to_dict()


def _brute_force(
    horizon: int, closed: set[int], since: int, accounted: int | None, now: int
) -> list[int]:
    """Walk hour by hour and list the targets that were due."""
    openings = [
        time
        for time in range(MONDAY - WEEK, MONDAY + 8 * WEEK, HOUR)
        if time % WEEK // HOUR not in closed
    ]
    due = []
    for first, target in zip(openings, openings[horizon - 1 :], strict=False):
        known = accounted is not None and target <= accounted
        if first * 1_000 > since and not known and deadline_ms(first, HOUR) < now:
            due.append(target)
    return due


@given(
    horizon=st.integers(1, 30),
    closed=st.one_of(st.just(set()), st.sets(st.integers(0, 167), max_size=120)),
    since=st.integers(0, 3 * WEEK),
    ahead=st.integers(0, 3 * WEEK),
    accounted=st.one_of(st.none(), st.integers(0, 300)),
)
def test_the_missed_are_those_that_a_walk_hour_by_hour_finds(
    horizon: int, closed: set[int], since: int, ahead: int, accounted: int | None
) -> None:
    begun = (MONDAY + since) * 1_000
    now = begun + ahead * 1_000
    last = None if accounted is None else MONDAY + since // HOUR * HOUR + accounted * HOUR
    expected = _brute_force(horizon, closed, begun, last, now)
    found = missed_since(_slot(horizon), _sessions(closed), begun, last, now)
    if not expected:
        assert found is None
    else:
        assert found
        assert (found.opening, found.last_opening, found.count) == (
            expected[0],
            expected[-1],
            len(expected),
        )


def test_a_forecast_is_missed_only_when_its_grace_is_over() -> None:
    begun = MONDAY * 1_000
    deadline = deadline_ms(MONDAY + HOUR, HOUR)
    assert missed_since(_slot(), _sessions(set()), begun, None, deadline) is None
    assert missed_since(_slot(), _sessions(set()), begun, None, deadline + 1)
