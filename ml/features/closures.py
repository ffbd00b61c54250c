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


def closures_ahead(sessions: Sessions, times: Times, steps: int) -> tuple[Times, Times]:
    """Return how many closures lie between each of `times` and each step ahead, (times, steps).

    First those of at most a day are counted, then longer ones.
    """
    slots = np.flatnonzero(~sessions.closed)
    if len(slots) in (0, sessions.closed.size):
        none = np.zeros((len(times), steps), np.int64)
        return none, none
    closed = (np.diff(slots, prepend=slots[-1] - sessions.closed.size) - 1) * sessions.resolution
    slot = wall_seconds(times, sessions.zone) % WEEK // sessions.resolution
    following = np.searchsorted(slots, slot, side="right")
    target = following[:, None] + np.arange(1, steps + 1)

    def crossed(before: NDArray[np.bool_]) -> Times:
        until = np.concatenate([[0], np.cumsum(before)])

        def count(place: Times) -> Times:
            weeks, within = np.divmod(place, len(slots))
            return np.asarray(weeks * until[-1] + until[within])

        return np.asarray(count(target) - count(following)[:, None])

    return crossed((closed > 0) & (closed <= DAY)), crossed(closed > DAY)


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


def closed_before_targets(
    times: Times, rows: NDArray[np.intp], horizon: int, resolution: int
) -> Times:
    """Return for how long (s) the market was closed between each of `rows` and its target.

    `times` are openings (s) of candles among which those after each row follow without a gap.
    """
    return np.asarray(times[rows + horizon] - times[rows] - horizon * resolution)


def closure_inputs(closed: Times, horizon: int, resolution: int) -> Floats:
    """Return `CLOSURE_INPUTS`, shape (rows, inputs), of rows before whose targets it is `closed`.

    That is in seconds, one a row.
    """
    length = np.log1p(closed / (horizon * resolution))
    return np.column_stack([closed > 0, closed > DAY, length]).astype(np.float64)
