"""Skill that may be looked at after every forecast: a confidence sequence.

An interval for one fixed number of forecasts errs more often than it says when
somebody looks again and again and stops once he likes what he sees. The
intervals here hold at all looks together.
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# The number of forecasts at which the sequence is tightest.
TIGHTEST_AT = 1_000
# No interval before so many forecasts, and so many times the horizon: below, the variance
# is not known well enough.
LEAST_FORECASTS, LEAST_HORIZONS = 200, 20


def skill_sequence(
    loss: Floats, baseline_loss: Floats, horizon: int, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Return bounds of 1 - mean(loss) / mean(baseline_loss) after each forecast, shape (n,).

    With the chance `level` all intervals together hold the skill, each at its
    time. NaN where there are too few forecasts, or none that tell. An
    asymptotic confidence sequence with Robbins' normal mixture for the mean of
    (1 - skill) * baseline_loss - loss, inverted as Fieller did: Waudby-Smith et
    al., Time-uniform central limit theory and asymptotic confidence sequences
    (2024), theorem 2.2. Errors up to `horizon` - 1 apart share part of their
    path, so variances are long-run ones.
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


def least_forecasts(horizon: int) -> int:
    """Return how many forecasts there must be before anything is said."""
    return max(LEAST_FORECASTS, LEAST_HORIZONS * horizon)


def _squared_width(count: NDArray[np.int64], alpha: float) -> Floats:
    """Return the square of the half-width, in standard deviations of one observation."""
    log = -2 * math.log(alpha)
    squared = (log + math.log(log) + 1) / TIGHTEST_AT
    mixture = count * squared + 1
    return np.asarray(2 * mixture / (count**2 * squared) * np.log(np.sqrt(mixture) / alpha))


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
