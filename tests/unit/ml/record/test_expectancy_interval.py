"""The interval of a mean R holds the truth about as often as it says, of few positions too."""

import math

import numpy as np
import pytest

from ml.record.figures import expectancy_interval


@pytest.mark.parametrize("ahead", [1, 10])
@pytest.mark.parametrize("overlap", [False, True])
def test_it_misses_the_truth_seldom(ahead: int, overlap: bool) -> None:
    rng, missed = np.random.default_rng(7), 0
    for _ in range(400):
        if overlap:  # each shares all but one step with the next
            path = np.concatenate([[0.0], np.cumsum(rng.normal(0, 1, 40 + ahead))])
            r = path[ahead : ahead + 40] - path[:40]
        else:
            r = rng.choice([-1.0, 2.0], 40, p=[2 / 3, 1 / 3])
        low, high = expectancy_interval(r, ahead)
        missed += not low <= 0 <= high
    assert missed / 400 < (0.15 if overlap and ahead > 1 else 0.08)


def test_it_is_never_narrower_than_that_of_positions_apart() -> None:
    r = np.tile([-1.0, 1.2], 60)  # each makes good for the one before
    low, high = expectancy_interval(r, 8)
    assert high - low > 2 * 1.96 * r.std(ddof=1) / math.sqrt(len(r))
    assert all(math.isnan(bound) for bound in expectancy_interval(np.ones(1), 1))
