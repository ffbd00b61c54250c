"""Skill that may be looked at after every forecast: confidence sequences and e-values.

An interval or a p-value for one fixed number of forecasts errs more often than it
says when somebody looks again and again and stops once he likes what he sees. Those
here hold at all looks together. They are asymptotic: Waudby-Smith et al., Time-uniform
central limit theory and asymptotic confidence sequences (2024). Values up to
`horizon` - 1 apart share part of their path, so variances are long-run ones.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr  # type: ignore[import-untyped]

Floats = NDArray[np.float64]

# The chance of error for which p-values are made tightest; they hold for any.
ALPHA = 0.05
# The number of forecasts at which the sequences are tightest.
TIGHTEST_AT = 1_000
# No interval before so many forecasts, and so many times the horizon: below, the variance
# is not known well enough.
LEAST_FORECASTS, LEAST_HORIZONS = 200, 20


def skill_sequence(
    loss: Floats, baseline_loss: Floats, horizon: int, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Return bounds of 1 - mean(loss) / mean(baseline_loss) after each forecast, shape (n,).

    With the chance `level` all intervals together hold the skill, each at its
    time. NaN where there are too few forecasts, or none that tell. Robbins' normal
    mixture (theorem 2.2) for the mean of (1 - skill) * baseline_loss - loss, inverted
    as Fieller did.
    """
    count = np.arange(1, len(loss) + 1)
    width = _squared_width(count, 1 - level)
    ours, theirs = np.cumsum(loss) / count, np.cumsum(baseline_loss) / count
    # Which ratios u of the means satisfy (u theirs - ours)^2 <= width var(u theirs - ours)?
    square = theirs**2 - width * _covariance(baseline_loss, baseline_loss, horizon)
    mixed = theirs * ours - width * _covariance(baseline_loss, loss, horizon)
    plain = ours**2 - width * _covariance(loss, loss, horizon)
    inside = mixed**2 - square * plain
    known = (square > 0) & (inside >= 0) & (count >= least_forecasts(horizon))
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.where(known, np.sqrt(inside), np.nan)
        return 1 - (mixed + root) / square, 1 - (mixed - root) / square


def mean_sequence(values: Floats, horizon: int, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return bounds of the mean of `values` after each, shape (n,); NaN where too few."""
    count = np.arange(1, len(values) + 1)
    variance = np.maximum(_covariance(values, values, horizon), 0)
    half = np.sqrt(_squared_width(count, 1 - level) * variance)
    half[count < least_forecasts(horizon)] = np.nan
    mean = np.cumsum(values) / count
    return mean - half, mean + half


def p_values_of_gain(gains: Floats, horizon: int) -> tuple[Floats, Floats]:
    """Return two p-values after each of `gains`, shape (n,): mean not 0, and mean above 0.

    The chance that one of them ever falls to alpha while its hypothesis does not hold
    is at most alpha: they are the inverses of e-values, likelihood ratios under the
    normal mixture of Robbins that `skill_sequence` uses, for the second its half above
    0. 1 where there are too few forecasts, or none that tell.
    """
    count = np.arange(1, len(gains) + 1)
    variance = _covariance(gains, gains, horizon)
    known = (variance > 0) & (count >= least_forecasts(horizon))
    mixture = count * _mixture(ALPHA) + 1
    deviation = np.zeros(len(gains))
    spread = np.sqrt(variance * mixture / _mixture(ALPHA), where=known, out=np.ones(len(gains)))
    np.divide(np.cumsum(gains), spread, out=deviation, where=known)
    either = deviation**2 / 2 - np.log(mixture) / 2
    above = either + math.log(2) + log_ndtr(deviation)
    of_either, of_above = (
        np.where(known, np.exp(-np.maximum(log, 0)), 1.0) for log in (either, above)
    )
    return of_either, of_above


def least_forecasts(horizon: int) -> int:
    """Return how many forecasts there must be before anything is said."""
    return max(LEAST_FORECASTS, LEAST_HORIZONS * horizon)


def _squared_width(count: NDArray[np.int64], alpha: float) -> Floats:
    """Return the square of the half-width, in standard deviations of one observation."""
    squared = _mixture(alpha)
    mixture = count * squared + 1
    return np.asarray(2 * mixture / (count**2 * squared) * np.log(np.sqrt(mixture) / alpha))


def _mixture(alpha: float) -> float:
    """Return the variance of the mixture whose intervals are tightest at `TIGHTEST_AT`."""
    log = -2 * math.log(alpha)
    return (log + math.log(log) + 1) / TIGHTEST_AT


def _covariance(left: Floats, right: Floats, horizon: int) -> Floats:
    """Return the long-run covariance of the first 1, 2, ... n elements."""
    # Far from zero, the difference of large numbers would lose what is looked for.
    left, right = left - left.mean(), right - right.mean()
    total = _shifted(left, right, 0)
    for lag in range(1, min(horizon, len(left))):
        total += _shifted(left, right, lag) + _shifted(right, left, lag)
    return total


def _shifted(left: Floats, right: Floats, lag: int) -> Floats:
    """Return the covariance of each element with the one `lag` before, of growing parts."""
    count = np.arange(1, len(left) + 1)
    sums = [np.cumsum(values) for values in (left, right)]
    means = [total / count for total in sums]
    later = np.cumsum(np.where(count > lag, left, 0.0))
    earlier = np.concatenate([np.zeros(lag), sums[1][: len(right) - lag]])
    products = np.concatenate([np.zeros(lag), np.cumsum(left[lag:] * right[: len(right) - lag])])
    pairs = np.maximum(count - lag, 0)
    both = products - means[0] * earlier - means[1] * later + pairs * means[0] * means[1]
    return np.asarray(both / count)
