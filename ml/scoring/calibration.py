"""Probabilities that mean what they say: maps fitted on held-out forecasts, and their check.

Fit inside each training fold only, on a part that the classifier did not see.
"""

from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression  # type: ignore[import-untyped]
from scipy.special import expit, logit  # type: ignore[import-untyped]

from core.multiple_testing import ERRORS_OF_95
from ml.scoring.scores import expected_calibration_error

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CERTAIN = 1e-6
_NEWTON_STEPS = 25


class PlattCalibration(msgspec.Struct, frozen=True, tag="platt"):
    """A logistic map of log-odds: Platt, Probabilistic Outputs for SVMs (1999)."""

    slope: float
    intercept: float

    @classmethod
    def fit(cls, probability: Floats, happened: Bools, prior: float | None = None) -> Self:
        """Fit by maximum likelihood; a slope below 0 becomes 0: the forecast is worth nothing.

        With `prior`, only the slope is fitted, and a raw probability of `prior`
        stays what it is: a small sample's own base rate then moves nothing.
        """
        odds, target = _log_odds(probability), happened.astype(float)
        if prior is not None:
            centre = float(_log_odds(np.array([prior]))[0])
            slope = max(_newton(odds[:, None] - centre, target, centre)[0], 0.0)
            return cls(float(slope), float(centre - slope * centre))
        slope, intercept = _newton(np.column_stack([odds, np.ones_like(odds)]), target, 0.0)
        if slope < 0:
            return cls(0.0, float(_log_odds(np.array([target.mean()]))[0]))
        return cls(float(slope), float(intercept))

    def apply(self, probability: Floats) -> Floats:
        """Return calibrated probabilities."""
        return np.asarray(expit(self.slope * _log_odds(probability) + self.intercept))


class IsotonicCalibration(msgspec.Struct, frozen=True, tag="isotonic"):
    """The best ascending map: Zadrozny and Elkan (2002). Wants a thousand outcomes or more."""

    raw: list[float]
    calibrated: list[float]

    @classmethod
    def fit(cls, probability: Floats, happened: Bools) -> Self:
        """Fit by least squares over the distinct probabilities."""
        raw, group = np.unique(probability, return_inverse=True)
        count = np.bincount(group)
        share = np.bincount(group, weights=happened) / count
        fitted = isotonic_regression(share, weights=count).x
        step = np.diff(fitted) > 0
        knot = np.concatenate([[True], step]) | np.concatenate([step, [True]])
        return cls(raw[knot].tolist(), fitted[knot].tolist())

    def apply(self, probability: Floats) -> Floats:
        """Return calibrated probabilities: linear between those fitted, flat beyond."""
        return np.interp(probability, self.raw, self.calibrated)


Calibration = PlattCalibration | IsotonicCalibration


def fit_calibration(kind: str, probability: Floats, happened: Bools, prior: float) -> Calibration:
    """Fit a map of `kind` `platt`, anchored at `prior`, or `isotonic`."""
    if kind == "isotonic":
        return IsotonicCalibration.fit(probability, happened)
    return PlattCalibration.fit(probability, happened, prior)


class Bin(msgspec.Struct, frozen=True):
    """Forecasts of alike probability: the mean one stated, and how often it happened.

    `low` and `high` bound the frequency (Wilson, 95%) that chance allows for.
    """

    count: int
    probability: float
    frequency: float
    low: float
    high: float


def calibration_curve(probability: Floats, happened: Bools, bins: int = 10) -> list[Bin]:
    """Return equal-count bins by ascending probability; equal ones share a bin."""
    edges = np.unique(np.quantile(probability, np.arange(1, bins) / bins))
    bin_of = np.searchsorted(edges, probability, side="left")
    return [_bin(probability[bin_of == i], happened[bin_of == i]) for i in np.unique(bin_of)]


def calibration_report(probability: Floats, happened: Bools, bins: int = 10) -> dict[str, Any]:
    """Return the expected calibration error with the bins, and their counts, behind it."""
    curve = calibration_curve(probability, happened, bins)
    return {
        "ece": expected_calibration_error(happened, probability, bins),
        "n": len(probability),
        "bins": [msgspec.to_builtins(part) for part in curve],
    }


def brier_of_classes(label: NDArray[np.int64], probability: Floats) -> Floats:
    """Return the squared error summed over classes for each forecast, shape (n,).

    Probabilities have shape (n, classes), labels are class indices. For two
    classes it is twice the usual Brier score.
    """
    happened = np.eye(probability.shape[1])[label]
    return np.asarray(np.square(probability - happened).sum(axis=1))


def log_loss_of_classes(label: NDArray[np.int64], probability: Floats) -> Floats:
    """Return the negative log-likelihood of each forecast, shape (n,)."""
    chance = np.take_along_axis(probability, label[:, None], axis=1)[:, 0]
    return np.asarray(-np.log(np.clip(chance, 1e-12, 1)))


def wilson_interval(share: float, count: int) -> tuple[float, float]:
    """Return the 95% interval of a frequency: Wilson, Probable inference (1927)."""
    z = ERRORS_OF_95
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z / (1 + z * z / count)
    reach *= float(np.sqrt(share * (1 - share) / count + z * z / (4 * count**2)))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _bin(probability: Floats, happened: Bools) -> Bin:
    count, share = len(probability), float(happened.mean())
    return Bin(count, float(probability.mean()), share, *wilson_interval(share, count))


def _log_odds(probability: Floats) -> Floats:
    return np.asarray(logit(np.clip(probability, CERTAIN, 1 - CERTAIN)))


def _newton(inputs: Floats, target: Floats, offset: float) -> Floats:
    """Fit a logistic regression; a hint of ridge keeps separable samples finite."""
    weights = np.zeros(inputs.shape[1])
    ridge = 1e-6 * len(inputs) * np.eye(inputs.shape[1])
    for _ in range(_NEWTON_STEPS):
        chance = expit(inputs @ weights + offset)
        gradient = np.einsum("ni,n->i", inputs, target - chance) - ridge @ weights
        spread = np.maximum(chance * (1 - chance), 1e-9)
        curvature = np.einsum("ni,n,nj->ij", inputs, spread, inputs) + ridge
        step = np.linalg.solve(curvature, gradient)
        weights = weights + np.clip(step, -4, 4)
        if np.abs(step).max() < 1e-10:
            break
    return weights
