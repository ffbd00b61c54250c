"""How much to widen intervals: learnt where held back, then following what comes."""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.adaptive_conformal import track_widths, tracking_rate
from ml.conformal import conformal_quantile, interval_pairs

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


def interval_scores(came: Floats, low: Floats, high: Floats) -> Floats:
    """Return by how much each interval must be widened on both sides to just hold what came."""
    return np.asarray(np.maximum(low - came, came - high))


class Widths(msgspec.Struct, frozen=True):
    """What to add to both bounds of each interval, by its coverage as the API writes it."""

    levels: tuple[float, ...]
    start: dict[str, float]
    rate: float

    @classmethod
    def learn(
        cls, came: Floats, quantiles: Floats, levels: tuple[float, ...], horizon: int
    ) -> Self:
        """Choose the widths on held-out outcomes (n,) and quantiles (n, levels)."""
        start = {}
        for name, (low, high) in interval_pairs(levels).items():
            scores = interval_scores(came, quantiles[:, low], quantiles[:, high])
            start[name] = float(conformal_quantile(scores, float(name)))
        return cls(levels, start, tracking_rate(horizon))

    def follow(self, came: Floats, quantiles: Floats, rows: Rows, end: Rows) -> Floats:
        """Return quantiles with intervals that learnt from each outcome once it was known.

        `came` is NaN where it is not known yet; otherwise known at row `end`.
        """
        followed = quantiles.copy()
        for name, (low, high) in interval_pairs(self.levels).items():
            scores = interval_scores(came, quantiles[:, low], quantiles[:, high])
            width = track_widths(self.start[name], scores, rows, end, float(name), self.rate)
            followed[:, low] -= width
            followed[:, high] += width
        return np.asarray(np.sort(followed, axis=1))
