"""How much to widen intervals: learnt where held back, then following what comes."""

from collections.abc import Mapping
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.scoring.adaptive_conformal import track_widths, tracking_rate
from ml.scoring.conformal import conformal_quantile, interval_pairs

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


class Width(msgspec.Struct, frozen=True):
    """What to add to both bounds of an interval so that it has its `coverage`.

    `rate` is how fast that follows, in proportion to the interval's own reach.
    """

    coverage: float
    start: float
    rate: float

    @classmethod
    def learn(cls, scores: Floats, reach: float, coverage: float, horizon: int) -> Self:
        """Choose the width on held-out scores of intervals that reach `reach` to a side.

        A score is by how much an interval must be widened to just hold what came.
        """
        start = float(conformal_quantile(scores, coverage))
        return cls(coverage, start, tracking_rate(horizon) * max(reach + start, 0.0))

    def follow(self, scores: Floats, rows: Rows, end: Rows) -> Floats:
        """Return a width for each row, from the scores known by then.

        A score is NaN where it is not known yet; otherwise known at row `end`.
        """
        return track_widths(self.start, scores, rows, end, self.coverage, self.rate)


Widths = dict[str, Width]


def learn_widths(
    came: Floats, quantiles: Floats, levels: tuple[float, ...], horizon: int
) -> Widths:
    """Return the widths of all central intervals, by their coverage as the API writes it."""
    widths = {}
    for name, (low, high) in interval_pairs(levels).items():
        scores = interval_scores(came, quantiles[:, low], quantiles[:, high])
        reach = float((quantiles[:, high] - quantiles[:, low]).mean()) / 2
        widths[name] = Width.learn(scores, reach, float(name), horizon)
    return widths


def follow_widths(
    widths: Mapping[str, Width],
    came: Floats,
    quantiles: Floats,
    levels: tuple[float, ...],
    rows: Rows,
    end: Rows,
) -> Floats:
    """Return quantiles, ascending, whose intervals learnt from each outcome once known."""
    followed = quantiles.copy()
    for name, (low, high) in interval_pairs(levels).items():
        scores = interval_scores(came, quantiles[:, low], quantiles[:, high])
        width = widths[name].follow(scores, rows, end)
        followed[:, low] -= width
        followed[:, high] += width
    return np.asarray(np.sort(followed, axis=1))


def interval_scores(came: Floats, low: Floats, high: Floats) -> Floats:
    """Return by how much each interval must be widened on both sides to just hold what came."""
    return np.asarray(np.maximum(low - came, came - high))
