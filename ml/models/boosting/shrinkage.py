"""How much of a forecast to believe, learnt on forecasts that nothing was fitted on.

Most of what a network says about the next price is noise. Moving its forecast
towards last price costs little where it is right and saves much where it is not.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GRID = np.linspace(0, 1, 11)
# Standard errors by which a gain must exceed nothing: one keeps five forecasts of six that
# are noise at last price, and costs a true one next to nothing.
CAUTION = 1.0
# Fewer independent blocks than these tell no standard error.
LEAST_BLOCKS = 4


def cautious_shrinkage(realised: Floats, predicted: Floats, horizon: int) -> Floats:
    """Return the share of each forecast move to keep, one a horizon, from 0 to 1.

    Both arrays are moves from last price, shape (n, H), in order of time. The
    share is the one of a grid whose gain in absolute error over last price is
    largest less its standard error, which is taken over blocks of twice
    `horizon`, as overlapping moves err together.
    """
    length = max(2 * horizon, int(np.cbrt(len(realised))))
    count = len(realised) // length
    if count < LEAST_BLOCKS:
        return np.zeros(realised.shape[1])
    bounds = np.stack([_lower_bound(realised, predicted, share, length) for share in GRID])
    return np.asarray(GRID[bounds.argmax(axis=0)])


def _lower_bound(realised: Floats, predicted: Floats, share: float, length: int) -> Floats:
    """Return the mean gain of keeping `share`, less its standard error, for each horizon."""
    gain = np.abs(realised) - np.abs(realised - share * predicted)
    count = len(gain) // length
    blocks = gain[-count * length :].reshape(count, length, -1).mean(axis=1)
    error = blocks.std(axis=0, ddof=1) / np.sqrt(count)
    return np.asarray(blocks.mean(axis=0) - CAUTION * error)
