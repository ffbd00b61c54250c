"""Measures of classifiers agree with their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.scoring.scores import area, classification


def test_perfect_chances_score_one_and_constant_ones_know_nothing() -> None:
    label = np.array([0, 1, 2, 0, 1, 2])
    perfect = classification(label, np.eye(3)[label])
    assert set(perfect.values()) == {1.0}
    blind = classification(label, np.tile([0.5, 0.3, 0.2], (6, 1)))
    assert blind["auc"] == 0.5
    assert blind["accuracy"] == pytest.approx(1 / 3)
    assert blind["f1_score"] == pytest.approx(0.5 / 3)


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=30))
def test_the_area_is_the_chance_that_a_hit_scores_above_a_miss(
    pairs: list[tuple[int, bool]],
) -> None:
    score = np.array([float(value) for value, _ in pairs])
    happened = np.array([hit for _, hit in pairs])
    hits, misses = score[happened], score[~happened]
    if not len(hits) or not len(misses):
        assert np.isnan(area(score, happened))
        return
    above = hits[:, None] - misses[None, :]
    assert area(score, happened) == pytest.approx(np.mean((above > 0) + 0.5 * (above == 0)))
