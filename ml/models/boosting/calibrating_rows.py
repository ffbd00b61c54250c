"""Which rows of a training set intervals are calibrated on, and which of them apart."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.models.boosting.training_set import TrainingSet

Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]

# Rows around one closure say the same: fewer closures than these have no width of their own,
# and what the scale knows of them must do.
LEAST_CLOSURES = 12


class CalibratingRows(NamedTuple):
    """Positions among the rows of a training set; `apart` marks those that cross a closure."""

    rows: Rows
    apart: Bools | None


def calibrating_rows(training: TrainingSet, closed: Bools) -> CalibratingRows:
    """Return the rows held out, and beside them all that are `closed` where there are enough.

    Closures are too seldom to hold three quarters of them back: of those rows also what was
    learnt from counts.
    """
    if count_closures(closed) < LEAST_CLOSURES:
        return CalibratingRows(training.held_out, None)
    chosen = closed.copy()
    chosen[training.held_out] = True
    rows = np.flatnonzero(chosen)
    return CalibratingRows(rows, closed[rows])


def count_closures(closed: Bools) -> int:
    """Return how many runs of rows there are that cross a closure."""
    return int((np.diff(closed.astype(np.int8), prepend=0) == 1).sum())
