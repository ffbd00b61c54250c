"""Believe a more elaborate forecast only as far as held-out forecasts speak for it."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHARES = np.linspace(0, 1, 5)
# Standard errors by which a gain must exceed nothing: one leaves five of six useless forecasts
# unused, and costs a useful one next to nothing.
CAUTION = 1.0
# Fewer independent blocks than these tell no standard error.
LEAST_BLOCKS = 8


def cautious_choice(losses: Floats, horizon: int) -> int:
    """Return which row of `losses`, shape (choices, n), to go by.

    Row 0 is the plain forecast, which stays unless another's mean loss is lower
    by more than `CAUTION` standard errors; then the one that is so by most.
    Forecasts are in order of time; errors are taken over blocks of twice
    `horizon` candles, as overlapping ones go together.
    """
    length = max(2 * horizon, int(np.cbrt(losses.shape[1])))
    count = losses.shape[1] // length
    if count < LEAST_BLOCKS:
        return 0
    gain = (losses[0] - losses)[:, losses.shape[1] - count * length :]
    blocks = gain.reshape(len(losses), count, length).mean(axis=2)
    error = blocks.std(axis=1, ddof=1) / np.sqrt(count)
    return int(np.argmax(blocks.mean(axis=1) - CAUTION * error))
