"""What held-out forecasts teach about raw quantile forecasts: their worth and their width."""

from collections.abc import Sequence
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.scoring.conformal import quantile_shifts, shift_quantiles

Floats = NDArray[np.float64]


class Adjustment(msgspec.Struct, frozen=True):
    """How raw quantiles of moves, shape (n, H, Q), become those that are shown.

    `kept` is the share of the median kept, one a horizon; all quantiles move
    along with it. `shifts` (H rows of Q) then widen or narrow the intervals.
    """

    kept: list[float]
    shifts: list[list[float]]

    @classmethod
    def learn(
        cls, kept: Floats, realised: Floats, quantiles: Floats, levels: Sequence[float]
    ) -> Self:
        """Choose the widths on a calibration part: moves (n, H) and raw quantiles of them."""
        shifts = quantile_shifts(realised, shrink_median(quantiles, kept), levels)
        return cls(kept.tolist(), shifts.tolist())

    def apply(self, quantiles: Floats) -> Floats:
        """Return the adjusted quantiles, ascending, of the same shape."""
        kept, shifts = np.asarray(self.kept), np.asarray(self.shifts)
        return shift_quantiles(shrink_median(quantiles, kept), shifts)


def shrink_median(quantiles: Floats, kept: Floats) -> Floats:
    """Move all quantiles so that the share `kept` (one a horizon) of the median is left."""
    median = quantiles[..., quantiles.shape[-1] // 2]
    return np.asarray(quantiles + ((kept - 1) * median)[..., None])
