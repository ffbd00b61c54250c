"""Believe a more elaborate forecast only as far as held-out forecasts speak for it.

Most of what a model says about the next price is noise. Believing less of it costs
little where it is right and saves much where it is not. A gain counts once it
exceeds nothing by one standard error: that leaves five of six useless forecasts
unused, and costs a useful one next to nothing.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Shares of a forecast that may be believed: of parts of boosting, and of a network's median.
SHARES, FINE_SHARES = np.linspace(0, 1, 5), np.linspace(0, 1, 11)
STANDARD_ERRORS = 1.0
# Fewer independent blocks than these tell no standard error.
LEAST_BLOCKS = 8


def cautious_choice(losses: Floats, horizon: int) -> int:
    """Return which row of `losses`, shape (choices, n), to go by.

    Row 0 is the plain forecast, which stays unless another's mean loss is lower
    by more than one standard error; then the one that is so by most. Forecasts
    are in order of time.
    """
    bounds = _lower_bounds((losses[0] - losses).T, horizon)
    return 0 if bounds is None else int(np.argmax(bounds))


def cautious_share(loss: Callable[[float], Floats], horizon: int, shares: Floats = SHARES) -> float:
    """Return which of `shares` to go by, `loss` giving each forecast's at a share.

    The first is the plain forecast, as in `cautious_choice`.
    """
    losses = np.stack([loss(share) for share in shares.tolist()])
    return float(shares[cautious_choice(losses, horizon)])


def cautious_shares(realised: Floats, predicted: Floats, horizon: int) -> Floats:
    """Return the share of each forecast move to keep, one a horizon, from 0 to 1.

    Both arrays are moves from last price, shape (n, H), in order of time. The
    share is the one whose gain in absolute error over last price is largest less
    its standard error.
    """
    plain = np.abs(realised)
    gains = [plain - np.abs(realised - share * predicted) for share in FINE_SHARES]
    bounds = [_lower_bounds(gain, horizon) for gain in gains]
    if bounds[0] is None:
        return np.zeros(realised.shape[1])
    return np.asarray(FINE_SHARES[np.stack([b for b in bounds if b is not None]).argmax(axis=0)])


def _lower_bounds(gain: Floats, horizon: int) -> Floats | None:
    """Return the mean gain of each column, shape (n, columns), less its standard error.

    Errors are taken over blocks of twice `horizon` candles, as overlapping
    forecasts err together; None where the blocks are too few.
    """
    length = max(2 * horizon, int(np.cbrt(len(gain))))
    count = len(gain) // length
    if count < LEAST_BLOCKS:
        return None
    blocks = gain[len(gain) - count * length :].reshape(count, length, -1).mean(axis=1)
    error = blocks.std(axis=0, ddof=1) / np.sqrt(count)
    return np.asarray(blocks.mean(axis=0) - STANDARD_ERRORS * error)
