"""Intervals of every step that follow what is realised, as those of one step do.

Widths of neighbouring steps hardly differ: some steps are followed, those between them
take what lies between.
"""

from collections.abc import Sequence
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.data.walkforward import Rows
from ml.scoring.conformal import Widths, interval_pairs, interval_scores, start_widths

Floats = NDArray[np.float64]

FOLLOWED_STEPS = 8


class StepWidths(msgspec.Struct, frozen=True):
    """What to add to the intervals of the `steps` that are followed, in their units."""

    steps: list[int]
    widths: list[Widths]

    @classmethod
    def learn(cls, quantiles: Floats, levels: Sequence[float]) -> Self:
        """Begin at nothing, with calibrated quantiles of moves (n, H, Q)."""
        nsteps = quantiles.shape[1]
        steps = np.unique(np.geomspace(1, nsteps, min(nsteps, FOLLOWED_STEPS)).round().astype(int))
        widths = [start_widths(quantiles[:, step - 1], levels, step) for step in steps.tolist()]
        return cls(steps.tolist(), widths)

    def follow(
        self,
        realised: Floats,
        quantiles: Floats,
        levels: Sequence[float],
        rows: Rows,
        wanted: Rows,
        nsteps: int,
    ) -> Floats:
        """Return what to add to the quantiles at the positions `wanted`, (wanted, nsteps, Q).

        `realised` (n, steps) and `quantiles` (n, steps, Q) are moves of the steps followed
        from `rows`, NaN where not known yet.
        """
        added = np.zeros((len(wanted), nsteps, len(levels)))
        for name, (low, high) in interval_pairs(levels).items():
            scores = interval_scores(realised, quantiles[..., low], quantiles[..., high])
            followed = [
                widths[name].follow(scores[:, i], rows, rows + step)[wanted]
                for i, (step, widths) in enumerate(zip(self.steps, self.widths, strict=True))
            ]
            between = _between(np.column_stack(followed), self.steps, nsteps)
            added[..., low], added[..., high] = -between, between
        return added


def _between(values: Floats, steps: Sequence[int], nsteps: int) -> Floats:
    """Return values (n, steps) of some steps for all, linear in the logarithm of the step."""
    place = np.interp(
        np.log(np.arange(1, nsteps + 1)), np.log(steps), np.arange(len(steps), dtype=np.float64)
    )
    low = place.astype(int)
    high = np.minimum(low + 1, len(steps) - 1)
    return np.asarray(values[:, low] + (place - low) * (values[:, high] - values[:, low]))
