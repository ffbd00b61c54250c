"""Sums over all turns of labels, against turning them one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.scoring.turned_labels import explained_when_turned, sums_when_turned, turned_p_value


@given(st.integers(2, 40), st.integers(0, 10_000))
def test_every_turn_is_what_rolling_the_labels_gives(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    code, came = rng.integers(0, 4, count), rng.standard_normal(count)
    turned = [np.roll(code, turn) for turn in range(count)]
    sums = [float((labels * came).sum()) for labels in turned]
    assert sums_when_turned(code, came) == pytest.approx(sums, abs=1e-9)
    assert explained_when_turned(code, came) == pytest.approx(
        [_explained(labels, came) for labels in turned], abs=1e-9
    )


def _explained(code: "np.ndarray[tuple[int], np.dtype[np.int64]]", came: object) -> float:
    values = np.asarray(came)
    means = np.array([values[code == own].mean() for own in code])
    return float(np.square(means - values.mean()).sum() / np.square(values - values.mean()).sum())


def test_a_p_value_counts_the_turns_that_are_as_large_and_the_one_that_was_not_turned() -> None:
    statistics = np.array([3.0, 9.0, 1.0, 3.0, 2.0, 4.0, 9.0])
    assert turned_p_value(statistics, 2) == pytest.approx((1 + 2) / (1 + 4))
    with pytest.raises(ValueError, match="too few"):
        turned_p_value(statistics, 4)


def test_outcomes_that_are_all_alike_explain_nothing() -> None:
    assert explained_when_turned(np.array([0, 1, 1]), np.ones(3)).tolist() == [0, 0, 0]
