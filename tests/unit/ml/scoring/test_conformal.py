"""Conformal intervals hold what they promise, whatever they were made from."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.scoring.conformal import (
    conformal_quantile,
    interval_pairs,
    quantile_shifts,
    shift_quantiles,
)

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)


def test_intervals_are_named_by_the_coverage_that_their_levels_bound() -> None:
    assert interval_pairs(LEVELS) == {"0.8": (1, 3), "0.95": (0, 4)}
    assert interval_pairs((0.05, 0.5, 0.95)) == {"0.9": (0, 2)}


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=60), st.floats(0.01, 0.99))
def test_the_conformal_quantile_is_the_rank_of_one_more_score(
    scores: list[float], coverage: float
) -> None:
    rank = min(math.ceil((len(scores) + 1) * coverage), len(scores))

    assert conformal_quantile(np.array(scores), coverage) == sorted(scores)[rank - 1]


@pytest.mark.parametrize("width", [0.2, 1.0, 5.0])
def test_wrong_widths_are_mended_to_the_promised_coverage(width: float) -> None:
    generator = np.random.default_rng(0)
    realised = generator.standard_t(4, size=(6_000, 2))
    quantiles = np.broadcast_to(width * np.array([-2, -1, 0, 1, 2.0]), (6_000, 2, 5))
    shifts = quantile_shifts(realised[:3_000], quantiles[:3_000], LEVELS)

    shown = shift_quantiles(quantiles[3_000:], shifts)

    for coverage, (low, high) in interval_pairs(LEVELS).items():
        held = (shown[..., low] <= realised[3_000:]) & (realised[3_000:] <= shown[..., high])
        assert held.mean(axis=0) == pytest.approx(float(coverage), abs=0.02)


def test_the_median_is_left_where_it_is() -> None:
    generator = np.random.default_rng(1)
    realised = generator.normal(size=(200, 3)) + 5
    quantiles = np.sort(generator.normal(size=(200, 3, 5)), axis=-1)

    assert quantile_shifts(realised, quantiles, LEVELS)[:, 2].tolist() == [0, 0, 0]


@given(st.lists(st.floats(-10, 10), min_size=5, max_size=5), st.floats(-5, 5))
def test_shown_quantiles_never_cross(raw: list[float], width: float) -> None:
    shifts = np.array([[-2 * width, -width, 0, width, 2 * width]])

    shown = shift_quantiles(np.array([[raw]]), shifts)

    assert (np.diff(shown) >= 0).all()
