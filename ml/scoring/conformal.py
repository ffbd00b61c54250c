"""Intervals that hold what they promise, whatever made them.

Split conformal prediction for quantile forecasts: Romano, Patterson and Candès,
Conformalized Quantile Regression (2019). Rows are forecasts of a calibration
part that nothing was fitted on; each horizon (column) is corrected by itself.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def interval_pairs(levels: Sequence[float]) -> dict[str, tuple[int, int]]:
    """Return the central intervals that ascending quantile `levels` bound.

    The key is the coverage as the API writes it, `"0.8"`, and the value the
    indices of both bounds, narrowest first.
    """
    pairs = {}
    for low in reversed(range(len(levels) // 2)):
        high = len(levels) - 1 - low
        pairs[f"{levels[high] - levels[low]:.6g}"] = (low, high)
    return pairs


def conformal_quantile(scores: Floats, coverage: float) -> Floats:
    """Return the quantile, with its finite-sample correction, along the first axis.

    Where rows are too few for `coverage` to be promised, the largest score.
    """
    count = scores.shape[0]
    rank = min(math.ceil((count + 1) * coverage), count)
    return np.asarray(np.partition(scores, rank - 1, axis=0)[rank - 1])


def quantile_shifts(realised: Floats, quantiles: Floats, levels: Sequence[float]) -> Floats:
    """Return what to add to each quantile, shape (H, Q), from realised (n, H), quantiles (n, H, Q).

    Both bounds of an interval move apart (or together) by the same amount; the
    median stays.
    """
    shifts = np.zeros(quantiles.shape[1:])
    for coverage, (low, high) in interval_pairs(levels).items():
        below, above = quantiles[..., low] - realised, realised - quantiles[..., high]
        width = conformal_quantile(np.maximum(below, above), float(coverage))
        shifts[:, low] -= width
        shifts[:, high] += width
    return shifts


def shift_quantiles(quantiles: Floats, shifts: Floats) -> Floats:
    """Add `shifts`, then put crossed quantiles in order.

    Sorting never raises the pinball loss: Chernozhukov, Fernández-Val and
    Galichon, Quantile and Probability Curves Without Crossing (2010).
    """
    return np.sort(quantiles + shifts, axis=-1)
