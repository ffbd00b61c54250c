"""The interval of a mean holds the truth about as often as it says, of few trades too."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.scoring.uncertainty import mean_interval

Floats = NDArray[np.float64]

PROFIT, STOP, CHANCE = 2.0, -1.0, 1 / 3


def _missed(draw: Callable[[np.random.Generator], Floats], ahead: int, tries: int = 400) -> float:
    """Return how often the interval of what is drawn, with mean 0, does not hold 0."""
    rng, missed = np.random.default_rng(7), 0
    for _ in range(tries):
        low, high = mean_interval(draw(rng), ahead)
        missed += not low <= 0 <= high
    return missed / tries


def _barriers(rng: np.random.Generator, count: int) -> Floats:
    return rng.choice([STOP, PROFIT], count, p=[1 - CHANCE, CHANCE])


def _overlapping(rng: np.random.Generator, count: int, ahead: int) -> Floats:
    """Return moves of which each shares all but one step with the next."""
    path = np.concatenate([[0.0], np.cumsum(rng.normal(0, 1, count + ahead))])
    return np.asarray(path[ahead : ahead + count] - path[:count])


@pytest.mark.parametrize("ahead", [1, 10])
@pytest.mark.parametrize("overlap", [False, True])
def test_it_misses_the_truth_seldom(ahead: int, overlap: bool) -> None:
    def draw(rng: np.random.Generator) -> Floats:
        return _overlapping(rng, 40, ahead) if overlap else _barriers(rng, 40)

    assert _missed(draw, ahead) < (0.15 if overlap and ahead > 1 else 0.08)


@pytest.mark.parametrize("trades", [5, 20, 60])
def test_few_trades_among_many_forecasts_count_as_few(trades: int) -> None:
    def draw(rng: np.random.Generator) -> Floats:
        earned = np.zeros(1_500)
        earned[rng.choice(len(earned), trades, replace=False)] = _barriers(rng, trades)
        return earned

    assert _missed(draw, 6) <= 0.065


def test_trades_that_share_their_fate_count_as_one() -> None:
    def draw(rng: np.random.Generator) -> Floats:
        fate = _barriers(rng, 5) * np.ones((6, 1))
        return np.concatenate([fate, np.zeros((54, 5))]).T.ravel()

    assert _missed(draw, 6) <= 0.05


def test_moves_far_ahead_overlap_for_long() -> None:
    assert _missed(lambda rng: _overlapping(rng, 3_000, 72), 72, 200) <= 0.08


def test_it_is_never_narrower_than_that_of_positions_apart() -> None:
    r = np.tile([-1.0, 1.2], 60)  # each makes good for the one before
    low, high = mean_interval(r, 8)
    assert high - low > 2 * 1.96 * r.std(ddof=1) / math.sqrt(len(r))
    assert all(math.isnan(bound) for bound in mean_interval(np.ones(1), 1))


def test_nothing_done_earned_nothing() -> None:
    assert mean_interval(np.zeros(50), 6) == (0.0, 0.0)
