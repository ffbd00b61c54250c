"""Intervals of every step follow outcomes: they reach their coverage whatever they began with."""

from itertools import pairwise

import numpy as np
import pytest

from ml.models.lstm.step_widths import StepWidths

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)


def quantiles(count: int, steps: int, width: float) -> np.ndarray:
    around = width * np.array([-1.96, -1.28, 0, 1.28, 1.96])
    return np.tile(around, (count, steps, 1))


@pytest.mark.parametrize("width", [0.5, 2.0])
def test_intervals_twice_too_narrow_or_wide_come_right(width: float) -> None:
    random = np.random.default_rng(0)
    count, nsteps = 6_000, 30
    moves = random.normal(size=(count, nsteps))
    followed = StepWidths.learn(quantiles(500, nsteps, width), LEVELS)
    chosen = np.array(followed.steps) - 1
    said, rows = quantiles(count, nsteps, width), np.arange(count)

    added = followed.follow(moves[:, chosen], said[:, chosen], LEVELS, rows, rows, nsteps)

    late = slice(4_000, None)
    shown = np.sort(said + added, axis=-1)[late]
    for low, high, wanted in ((1, 3, 0.8), (0, 4, 0.95)):
        inside = (moves[late] >= shown[..., low]) & (moves[late] <= shown[..., high])
        assert inside.mean() == pytest.approx(wanted, abs=0.04)


def test_an_outcome_is_followed_once_it_is_known_and_not_before() -> None:
    followed = StepWidths.learn(quantiles(100, 5, 1.0), LEVELS)
    chosen = np.array(followed.steps) - 1
    said, rows = quantiles(20, 5, 1.0), np.arange(20)
    calm, shock = np.zeros((20, 5)), np.zeros((20, 5))
    shock[8] = 9.0

    def added(moves: np.ndarray) -> np.ndarray:
        return followed.follow(moves[:, chosen], said[:, chosen], LEVELS, rows, rows, 5)

    before, after = added(calm), added(shock)
    for step in followed.steps:
        changed = np.flatnonzero(before[:, step - 1, 4] != after[:, step - 1, 4])
        assert changed[0] == 8 + step


def test_steps_between_take_what_lies_between() -> None:
    followed = StepWidths.learn(quantiles(100, 40, 1.0), LEVELS)
    assert followed.steps[0] == 1
    assert followed.steps[-1] == 40
    chosen = np.array(followed.steps) - 1
    moves = np.full((60, len(chosen)), 9.0)
    said, rows = quantiles(60, 40, 1.0), np.arange(60)

    added = followed.follow(moves, said[:, chosen], LEVELS, rows, rows[-1:], 40)

    upper = added[0, :, 4]
    assert np.allclose(added[0, :, 0], -upper)
    for left, right in pairwise(chosen.tolist()):
        part = upper[left : right + 1]
        assert part.min() >= min(part[0], part[-1])
        assert part.max() <= max(part[0], part[-1])
