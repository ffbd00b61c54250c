"""Closures ahead are what the calendar says, candle by candle."""

import numpy as np
import pytest

from core.clock.sessions import Sessions, learn_sessions
from ml.features.closures import CLOSURE_INPUTS, closed_ahead, closure_inputs, closures_ahead
from tests.unit.ml.models.boosting.made_candles import with_weekends

HOUR = 3_600
TIMES = with_weekends(2_000, 0)["time"].to_numpy(np.int64)


@pytest.mark.parametrize("horizon", [1, 6, 30, 130])
def test_what_is_closed_is_what_lies_between_a_candle_and_its_target_but_no_candles(
    horizon: int,
) -> None:
    sessions = learn_sessions(TIMES, HOUR)
    asked = TIMES[700:1_000]
    targets = np.array([sessions.next_openings(int(time), horizon)[-1] for time in asked])
    expected = targets - asked - horizon * HOUR
    assert np.array_equal(closed_ahead(sessions, asked, horizon), expected)
    assert set(expected[: horizon + 1]) <= {0, 2 * 86_400} or horizon == 130


def test_a_market_that_never_closes_has_no_closure_ahead() -> None:
    sessions = Sessions.around_the_clock(HOUR)
    assert not closed_ahead(sessions, TIMES, 6).any()


def test_inputs_tell_a_night_from_a_weekend() -> None:
    closed = np.zeros(168, bool)
    closed[[20, 21, *range(60, 110)]] = True
    sessions = Sessions(HOUR, closed, closed)
    week = 604_800 * 2_800
    closed = closed_ahead(sessions, week + HOUR * np.array([10, 19, 59]), 1)
    inputs = closure_inputs(closed, 1, HOUR)
    assert len(CLOSURE_INPUTS) == inputs.shape[1]
    assert inputs[:, :2].tolist() == [[0, 0], [1, 0], [1, 1]]
    assert inputs[:, 2] == pytest.approx(np.log([1, 3, 51]))


def test_closures_of_both_sorts_are_counted_step_by_step() -> None:
    closed = np.zeros(168, bool)
    closed[[20, 21, 44, *range(60, 110)]] = True
    sessions = Sessions(HOUR, closed, closed)
    asked = 604_800 * 2_800 + HOUR * np.array([10, 19, 43, 59, 120])

    short, long = closures_ahead(sessions, asked, 150)

    for place, time in enumerate(asked.tolist()):
        openings = np.array([time, *sessions.next_openings(time, 150)])
        away = np.diff(openings) - HOUR
        assert short[place].tolist() == np.cumsum((away > 0) & (away <= 86_400)).tolist()
        assert long[place].tolist() == np.cumsum(away > 86_400).tolist()


def test_around_the_clock_no_closure_is_counted() -> None:
    short, long = closures_ahead(Sessions.around_the_clock(HOUR), TIMES, 6)
    assert short.shape == (len(TIMES), 6)
    assert not short.any()
    assert not long.any()
