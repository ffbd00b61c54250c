"""Measures of forecasts, each a pure function of arrays.

The first axis is forecasts over time; further axes (horizons) are kept, so that
arrays of shape (n, H) give H values and arrays of shape (n,) a single one.
`quantiles` have one axis more, the last, in the order of `levels`. Prices are in
quote currency. Undefined values are NaN.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def mae(realised: Floats, predicted: Floats) -> Floats:
    """Return the mean absolute error."""
    return np.asarray(np.abs(realised - predicted).mean(axis=0))


def rmse(realised: Floats, predicted: Floats) -> Floats:
    """Return the root of the mean squared error."""
    return np.asarray(np.sqrt(np.square(realised - predicted).mean(axis=0)))


def mape(realised: Floats, predicted: Floats) -> Floats:
    """Return the mean absolute error in percent of what was realised."""
    return np.asarray(100 * np.abs((realised - predicted) / realised).mean(axis=0))


def smape(realised: Floats, predicted: Floats) -> Floats:
    """Return the symmetric MAPE in percent: of the mean of both, so at most 200."""
    middle = (np.abs(realised) + np.abs(predicted)) / 2
    return np.asarray(100 * (np.abs(realised - predicted) / middle).mean(axis=0))


def mase(realised: Floats, predicted: Floats, scale: Floats) -> Floats:
    """Return the error in units of `scale`, the training part's mean one-step change.

    `scale` has shape (n,): each fold has its own. Source: Hyndman and Koehler,
    Another look at measures of forecast accuracy (2006).
    """
    per_row = scale.reshape(-1, *[1] * (realised.ndim - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((np.abs(realised - predicted) / per_row).mean(axis=0))


def skill(loss: Floats, baseline_loss: Floats) -> Floats:
    """Return 1 - mean loss / mean loss of the baseline: 0 is no better, 1 perfect."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1 - loss.mean(axis=0) / baseline_loss.mean(axis=0))


def quantile_loss(realised: Floats, quantile: Floats, level: float | Floats) -> Floats:
    """Return the pinball loss of each quantile; the three broadcast against each other."""
    error = realised - quantile
    return np.asarray(np.maximum(level * error, (level - 1) * error))


def pinball(realised: Floats, quantiles: Floats, levels: Sequence[float]) -> Floats:
    """Return the quantile loss, mean over levels."""
    loss = quantile_loss(realised[..., None], quantiles, np.asarray(levels))
    return np.asarray(loss.mean(axis=(0, -1)))


def coverage(realised: Floats, low: Floats, high: Floats) -> Floats:
    """Return the share of intervals, bounds included, that held the outcome."""
    return np.asarray(((low <= realised) & (realised <= high)).mean(axis=0))


def winkler(realised: Floats, low: Floats, high: Floats, nominal: float) -> Floats:
    """Return the interval score: the width, plus misses at 2 / (1 - nominal) times their size.

    Source: Gneiting and Raftery, Strictly Proper Scoring Rules (2007), 6.2.
    """
    outside = np.maximum(low - realised, 0) + np.maximum(realised - high, 0)
    return np.asarray((high - low + 2 / (1 - nominal) * outside).mean(axis=0))


def probability_above(threshold: Floats, quantiles: Floats, levels: Sequence[float]) -> Floats:
    """Return the chance of exceeding `threshold` that ascending `quantiles` imply.

    Linear between the quantiles; beyond the outermost, the outermost level's.
    """
    level = np.asarray(levels)
    above = (quantiles < threshold[..., None]).sum(axis=-1)
    right = np.clip(above, 1, len(level) - 1)
    low = np.take_along_axis(quantiles, (right - 1)[..., None], -1)[..., 0]
    high = np.take_along_axis(quantiles, right[..., None], -1)[..., 0]
    # Quantiles that coincide are a step: all of it lies below what exceeds them.
    share = (threshold > low).astype(float)
    np.divide(threshold - low, high - low, out=share, where=high > low)
    share = np.clip(share, 0, 1)
    return np.asarray(1 - level[right - 1] - share * (level[right] - level[right - 1]))


def brier(up: Bools, probability: Floats) -> Floats:
    """Return the mean squared error of the probability of a rise."""
    return np.asarray(np.square(probability - up).mean(axis=0))


def log_loss(up: Bools, probability: Floats) -> Floats:
    """Return the mean negative log-likelihood; certainty is taken as 1 - 1e-12."""
    certain = np.clip(np.where(up, probability, 1 - probability), 1e-12, 1)
    return np.asarray(-np.log(certain).mean(axis=0))


def expected_calibration_error(up: Bools, probability: Floats, bins: int = 10) -> float:
    """Return the mean gap between stated chance and frequency over equal-count bins.

    Equal probabilities share a bin, so that a constant one has a single bin.
    """
    chance, rose = probability.ravel(), up.ravel()
    edges = np.unique(np.quantile(chance, np.arange(1, bins) / bins))
    bin_of = np.searchsorted(edges, chance, side="left")
    gaps = np.bincount(bin_of, weights=chance - rose, minlength=len(edges) + 1)
    return float(np.abs(gaps).sum() / chance.size)


def traded_returns(
    last: Floats, realised: Floats, predicted: Floats, fee: float
) -> tuple[Floats, Bools]:
    """Return what trading on each forecast earned, `fee` paid going in and out, and whether it did.

    Simple returns, 0 without a trade. `fee` is a fraction of the price a side. The
    rule: follow the sign of the predicted move, only where that exceeds both fees.
    """
    start = last.reshape(-1, *[1] * (realised.ndim - 1))
    expected, move = predicted / start - 1, realised / start - 1
    traded = np.abs(expected) > 2 * fee
    return np.where(traded, np.sign(expected) * move - 2 * fee, 0.0), traded


def classification(label: NDArray[np.int64], probability: Floats) -> dict[str, float]:
    """Return `accuracy, precision, recall, f1_score, auc` of probabilities, shape (n, classes).

    The likeliest class is the answer. Precision, recall and F1 are means over
    classes (macro), 0 for a class that was never the answer; `auc` is the mean over
    classes of one against the rest (Hand and Till's plain variant), NaN where a
    class never occurred.
    """
    answer = probability.argmax(axis=1)
    classes = range(probability.shape[1])
    hit = np.array([((answer == c) & (label == c)).sum() for c in classes], np.float64)
    predicted = np.array([(answer == c).sum() for c in classes], np.float64)
    realised = np.array([(label == c).sum() for c in classes], np.float64)
    precision, recall = _ratio(hit, predicted), _ratio(hit, realised)
    f1 = _ratio(2 * precision * recall, precision + recall)
    return {
        "accuracy": float((answer == label).mean()),
        "precision": float(precision.mean()),
        "recall": float(recall.mean()),
        "f1_score": float(f1.mean()),
        "auc": float(np.mean([area(probability[:, c], label == c) for c in classes])),
    }


def area(score: Floats, occurred: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve, ties counted half; NaN without both outcomes."""
    positives = int(occurred.sum())
    negatives = len(occurred) - positives
    if not positives or not negatives:
        return float("nan")
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = np.cumsum(counts) - (counts - 1) / 2
    above = rank[inverse][occurred].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
