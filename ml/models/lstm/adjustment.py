"""What held-out forecasts teach about raw quantile forecasts: their worth and their width."""

from collections.abc import Sequence
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.models.boosting.one_standard_error import SHARES
from ml.scoring.conformal import quantile_shifts, shift_quantiles
from ml.scoring.scores import quantile_loss

Floats = NDArray[np.float64]


class Adjustment(msgspec.Struct, frozen=True):
    """How raw quantiles of moves, shape (n, H, Q), become those that are shown.

    `kept` is the share of the median kept, one a horizon; all quantiles move
    along with it. They are then averaged with the `usual` ones (H rows of Q), those of
    the baseline, of which `usual_share` is taken. `shifts` (H rows of Q) widen or narrow
    the intervals at last.
    """

    kept: list[float]
    shifts: list[list[float]]
    # Files of earlier versions have neither.
    usual: list[list[float]] = []
    usual_share: list[float] = []

    @classmethod
    def start(cls, usual: Floats, kept: Floats) -> Self:
        """Return one that keeps shares of the median and changes nothing else."""
        return cls(
            kept=kept.tolist(),
            shifts=[[0.0] * len(row) for row in usual],
            usual=usual.tolist(),
            usual_share=[0.0] * len(kept),
        )

    def blend(
        self, realised: Floats, quantiles: Floats, units: Floats, levels: Sequence[float]
    ) -> Self:
        """Choose of each horizon the share of the usual quantiles that lost least.

        `realised` are moves in `units`, both of shape (n, H), of rows that the network
        did not learn from.
        """
        tried = [msgspec.structs.replace(self, usual_share=[float(share)] * len(self.kept))
                 for share in SHARES]  # fmt: skip
        losses = [
            quantile_loss(realised[..., None], one.apply(quantiles), np.asarray(levels))
            for one in tried
        ]
        means = [(loss.mean(axis=2) * units).mean(axis=0) for loss in losses]
        return msgspec.structs.replace(self, usual_share=SHARES[np.argmin(means, axis=0)].tolist())

    def widen(self, realised: Floats, quantiles: Floats, levels: Sequence[float]) -> Self:
        """Choose the widths on a calibration part: moves (n, H) and raw quantiles of them."""
        shifts = quantile_shifts(realised, self._centred(quantiles), levels)
        return msgspec.structs.replace(self, shifts=shifts.tolist())

    def apply(self, quantiles: Floats) -> Floats:
        """Return the adjusted quantiles, ascending, of the same shape."""
        return shift_quantiles(self._centred(quantiles), np.asarray(self.shifts))

    def _centred(self, quantiles: Floats) -> Floats:
        moved = shrink_median(quantiles, np.asarray(self.kept))
        if not self.usual:
            return moved
        share = np.asarray(self.usual_share)[:, None]
        return np.asarray(moved + share * (np.asarray(self.usual) - moved))


def shrink_median(quantiles: Floats, kept: Floats) -> Floats:
    """Move all quantiles so that the share `kept` (one a horizon) of the median is left."""
    median = quantiles[..., quantiles.shape[-1] // 2]
    return np.asarray(quantiles + ((kept - 1) * median)[..., None])
