"""The unit of each step is the volatility that is known, over what lies ahead, never nothing."""

import numpy as np
import pytest

from core.clock.sessions import Sessions
from ml.features.history import History
from ml.models.lstm.units import FLOOR_SHARE, MoveUnits
from tests.unit.ml.models.boosting.made_candles import changing_volatility, make_candles

FIVE_MINUTES = 300
ALWAYS = Sessions.around_the_clock(FIVE_MINUTES)


@pytest.fixture(scope="module")
def history() -> History:
    return History(make_candles(changing_volatility(3_000, 0)), ALWAYS)


def test_units_grow_with_the_root_of_the_step(history: History) -> None:
    rows = np.array([500, 2_000])

    units = MoveUnits.plain(4).of(history, rows, ALWAYS)

    expected = history.volatility[rows][:, None] * np.sqrt([1, 2, 3, 4])
    assert units == pytest.approx(expected)


def test_a_closure_counts_as_so_many_candles_more() -> None:
    closed = np.zeros(604_800 // FIVE_MINUTES, bool)
    closed[100:112] = True
    sessions = Sessions(FIVE_MINUTES, closed, closed)
    frame = make_candles(changing_volatility(300, 0))
    frame["time"] = FIVE_MINUTES * np.arange(300)
    history = History(frame[frame.index < 100], sessions)

    units = MoveUnits([0.94] * 3, short=15.0).of(history, np.array([97, 98, 99]), sessions)

    ordinary = history.volatility[[97, 98, 99]]
    assert units[0] == pytest.approx(ordinary[0] * np.sqrt([1, 2, 3 + 15]))
    assert units[2] == pytest.approx(ordinary[2] * np.sqrt([16, 17, 18]))


def test_closures_over_which_prices_move_more_are_found() -> None:
    random = np.random.default_rng(3)
    hours = 3_600 * np.arange(24 * 7 * 30)
    open_ = hours // 3_600 % 168 < 120  # two days a week are closed
    times = hours[open_]
    away = np.diff(times, prepend=times[0] - 3_600) > 3_600
    returns = random.normal(size=len(times)) * np.where(away, 0.006, 0.001)
    frame = make_candles(returns)
    frame["time"] = times
    closed = np.zeros(168, bool)
    closed[120:] = True
    sessions = Sessions(3_600, closed, closed)
    history = History(frame, sessions)

    units = MoveUnits.fit(history, history.learnable(6), 6, sessions)

    assert units.short == 0
    # Moves six times as large are those of 36 candles; after a closure volatility is inflated.
    assert 10 < units.long < 60


def test_units_of_nearly_pegged_prices_have_a_floor() -> None:
    random = np.random.default_rng(1)
    returns = random.normal(size=4_000) * 1e-6
    returns[::400] = 0.01
    history = History(make_candles(returns), ALWAYS)
    rows = history.learnable(3)

    units = MoveUnits.fit(history, rows, 3, ALWAYS)

    usual = np.sqrt(np.mean(np.diff(np.log(history.path.close)) ** 2))
    assert units.floor == pytest.approx(FLOOR_SHARE * usual, rel=0.1)
    assert units.of(history, rows, ALWAYS).min() >= units.floor


def test_units_read_nothing_that_comes_later(history: History) -> None:
    units = MoveUnits.fit(history, history.learnable(5)[:1_000], 5, ALWAYS)
    cut = History(history.frame[:2_001], ALWAYS)

    whole = units.of(history, np.array([2_000]), ALWAYS)

    assert np.array_equal(units.of(cut, np.array([2_000]), ALWAYS), whole)
