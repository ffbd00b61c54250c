"""Closures ahead, as the calendar tells them: how long no price is made before the target.

Whatever moves prices goes on while a market is closed, and all of it comes at once when it
opens: a move over a weekend is several times as large as one over as many candles without.
"""

import numpy as np
from numpy.typing import NDArray

from core.clock.resolutions import DAY
from core.clock.sessions import WEEK, Sessions
from core.clock.wall_times import wall_seconds

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

# Whether the market closes before the target, whether for longer than a day, and the logarithm
# of 1 + its length in lengths of the horizon.
CLOSURE_INPUTS = ("closed_ahead", "closed_long_ahead", "closed_length")


def closed_ahead(sessions: Sessions, times: Times, horizon: int) -> Times:
    """Return for how long (s) the market is closed after each of `times` and before its target.

    `times` are openings (s), their targets the candles `horizon` later by `sessions`, whose
    `closed` slots tell the future.
    """
    slots = np.flatnonzero(~sessions.closed)
    if len(slots) in (0, sessions.closed.size):
        return np.zeros(len(times), np.int64)
    slot = wall_seconds(times, sessions.zone) % WEEK // sessions.resolution
    ahead = np.searchsorted(slots, slot, side="right") - 1 + horizon
    weeks, within = np.divmod(ahead, len(slots))
    target = slots[within] + weeks * sessions.closed.size
    return np.asarray((target - slot - horizon) * sessions.resolution)


def closure_inputs(sessions: Sessions, times: Times, horizon: int) -> Floats:
    """Return `CLOSURE_INPUTS` of each of `times`, shape (times, inputs)."""
    closed = closed_ahead(sessions, times, horizon)
    length = np.log1p(closed / (horizon * sessions.resolution))
    return np.column_stack([closed > 0, closed > DAY, length]).astype(np.float64)
