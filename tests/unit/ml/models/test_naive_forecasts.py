"""Baselines say what their names promise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ml.models.naive_forecasts import drift, mean_return, normal_quantiles, seasonal_naive

closes = st.lists(st.floats(0.1, 1e5), min_size=2, max_size=40).map(np.array)
HORIZONS = np.arange(1, 8)


@given(closes)
def test_drift_goes_on_as_from_the_first_close_to_the_last(close: np.ndarray) -> None:
    forecast = drift(close[-1:], mean_return(close), HORIZONS)

    growth = (close[-1] / close[0]) ** (1 / (len(close) - 1))

    assert forecast[0] == pytest.approx([close[-1] * growth**h for h in HORIZONS], rel=1e-6)


@given(closes, st.integers(1, 9))
def test_seasonal_naive_repeats_the_newest_known_close_of_the_phase(
    close: np.ndarray, period: int
) -> None:
    origins = np.arange(len(close))

    forecast = seasonal_naive(close, origins, HORIZONS, period)

    for origin in origins:
        for column, horizon in enumerate(HORIZONS):
            source = origin + horizon - period
            while source > origin:
                source -= period
            assert forecast[origin, column] == close[max(source, 0)]


def test_normal_quantiles_are_those_of_the_normal_distribution() -> None:
    levels = (0.025, 0.1, 0.5, 0.9, 0.975)

    assert normal_quantiles(levels) == pytest.approx(stats.norm.ppf(levels), abs=1e-12)


def test_a_single_close_has_no_drift() -> None:
    assert mean_return(np.array([7.0])) == 0
    assert math.isfinite(mean_return(np.array([7.0, 8.0])))
