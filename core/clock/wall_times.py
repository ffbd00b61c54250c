"""Columns of instants by a zone's clock, and back."""

import numpy as np
from numpy.typing import NDArray

from core.clock.clocks import Clock
from core.clock.resolutions import DAY

Seconds = NDArray[np.int64]


def wall_seconds(time: Seconds, zone: str) -> Seconds:
    """Return what a zone's clock shows at instants (epoch s), as if it were UTC."""
    if zone == "UTC" or not len(time):
        return time
    clock = Clock(zone)

    def offsets(instants: Seconds) -> Seconds:
        return np.array([round(clock.of_utc(at)) - at for at in instants.tolist()], np.int64)

    days, place = np.unique(time // DAY, return_inverse=True)
    found, after = offsets(days * DAY)[place], offsets((days + 1) * DAY)[place]
    # A day on which the clock changes is looked at time by time.
    changing = np.flatnonzero(found != after)
    found[changing] = offsets(time[changing])
    return time + found


def instants(walls: Seconds, zone: str) -> Seconds:
    """Return all instants (epoch s, ascending) at which a zone's clock shows any of `walls`.

    A time that it shows twice has two, one that it never shows none.
    """
    if zone == "UTC":
        return np.unique(walls)
    clock = Clock(zone)
    found = {round(at) for wall in walls.tolist() for at in clock.instants(wall) if at is not None}
    return np.array(sorted(found), np.int64)
