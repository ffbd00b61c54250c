"""What a forecast must beat: forecasts that need no learning.

Prices of shape (n,) at the origins give forecasts of shape (n, H), one column
for each of the `horizons`, counted in candles.
"""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def drift(last: Floats, mean_return: float, horizons: Integers) -> Floats:
    """Forecast that the mean log-return a candle of the past goes on."""
    return np.asarray(last[:, None] * np.exp(mean_return * horizons))


def mean_return(close: Floats) -> float:
    """Return the mean log-return a candle over ascending closes: what `drift` goes on with."""
    return float(np.log(close[-1] / close[0]) / max(len(close) - 1, 1))


def seasonal_naive(close: Floats, origins: Integers, horizons: Integers, period: int) -> Floats:
    """Forecast the close of the same phase of the last whole season known at the origin.

    `period` is the season's length in candles; an origin less than a season into
    `close` falls back on its first element.
    """
    seasons = -(-horizons // period)
    index = origins[:, None] + horizons - seasons * period
    return np.asarray(close[np.maximum(index, 0)])


def normal_quantiles(levels: Sequence[float]) -> Floats:
    """Return the standard normal distribution's quantiles: EWMA intervals in volatilities."""
    return np.array([NormalDist().inv_cdf(level) for level in levels])


def class_prior(up: NDArray[np.bool_]) -> float:
    """Return the share of rises with one of each kind added (Laplace), never 0 or 1."""
    return float((up.sum() + 1) / (up.size + 2))


def class_priors(label: Integers, classes: int) -> Floats:
    """Return the share of each class with one of each added (Laplace), never 0 or 1."""
    count = np.bincount(label, minlength=classes) + 1
    return np.asarray(count / count.sum())
