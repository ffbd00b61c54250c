"""Which instants are openings of a grid, and which grid some openings show."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.clock.grids import PLAIN, Grid
from core.clock.resolutions import DAY, RESOLUTIONS, resolution_name
from core.clock.wall_times import Seconds, clock_changes, first_instants, wall_seconds
from core.errors import InvalidRequest

# Clocks that a grid is looked for in; others are given with `zone=`.
KNOWN_ZONES = ("America/New_York", "Europe/London", "Australia/Sydney")
# A grid that is learnt begins at a quarter of an hour.
QUARTER = 900
# From so many rows on, the pauses between them tell their length.
LEAST_ROWS = 4


def on_grid(time: Seconds, resolution: int, grid: Grid) -> NDArray[np.bool_]:
    """Say of each opening (s) whether it lies on a grid."""
    walls = wall_seconds(time, grid.zone)
    return np.asarray((walls - grid.start) % resolution == 0, np.bool_)


@lru_cache(256)
def utc_phase(resolution: int, grid: Grid) -> int | None:
    """Return by how much openings lie after whole lengths since 1970 (s), None if that changes.

    Hours from 09:30 lie half past whatever the clock does; days from 17:00 move with it.
    """
    if grid.zone == "UTC":
        return grid.start % resolution
    phases = set(((grid.start - clock_changes(grid.zone)[1]) % resolution).tolist())
    return phases.pop() if len(phases) == 1 else None


def openings(start: int, end: int, resolution: int, grid: Grid) -> Seconds:
    """Return the openings of a grid in `start..end` (s, `end` excluded).

    Of a time of day that the clock shows twice, the first is one.
    """
    phase = utc_phase(resolution, grid)
    if phase is not None:
        return np.arange(start + (phase - start) % resolution, end, resolution, dtype=np.int64)
    first_wall, last_wall = wall_seconds(np.array([start - DAY, end + DAY]), grid.zone).tolist()
    first = first_wall + (grid.start - first_wall) % resolution
    walls = np.arange(first, last_wall, resolution, dtype=np.int64)
    found = first_instants(walls, grid.zone)
    return found[(found >= start) & (found < end)]


def ends(time: Seconds, resolution: int, grid: Grid) -> Seconds:
    """Return when candles end that open then (ascending, s): where the grid's next one opens."""
    if utc_phase(resolution, grid) is not None or not len(time):
        return time + resolution
    ahead = openings(int(time[0]), int(time[-1]) + 2 * resolution + DAY, resolution, grid)
    return ahead[np.searchsorted(ahead, time, "right")]


def end_of(opening: int, resolution: int, grid: Grid) -> int:
    """Return when the candle ends that opens then (s)."""
    if utc_phase(resolution, grid) is not None:
        return opening + resolution
    return _moving_end(opening, resolution, grid)


# A process asks again and again for the same few candles.
@lru_cache(4_096)
def _moving_end(opening: int, resolution: int, grid: Grid) -> int:
    return int(ends(np.array([opening], np.int64), resolution, grid)[0])


def opening_at(second: int, resolution: int, grid: Grid) -> int:
    """Return when the candle opened that is under way at an instant (s)."""
    phase = utc_phase(resolution, grid)
    if phase is not None:
        return second - (second - phase) % resolution
    return int(openings(second - 2 * resolution - DAY, second + 1, resolution, grid)[-1])


def closed_at(second: int, resolution: int, grid: Grid) -> int:
    """Return when the candle opened that was the last to end at or before an instant (s)."""
    return opening_at(opening_at(second, resolution, grid) - 1, resolution, grid)


def learn_grid(time: Seconds, resolution: int, zone: str = "") -> Grid:
    """Return the grid on which all of some openings lie; the plain one where none is shown."""
    if not len(time) or not np.any(time % resolution):
        return PLAIN
    for name in dict.fromkeys(filter(None, (zone, "UTC", *KNOWN_ZONES))):
        walls: Seconds = wall_seconds(time, name)
        start = int(np.mod(walls, DAY).min())
        if start % QUARTER == 0 and not np.any((walls - start) % resolution):
            return Grid(start, name)
    return PLAIN


def check_spacing(time: Seconds, resolution: int) -> None:
    """Raise `InvalidRequest` where the pauses between rows say that they have another length.

    `time` are openings (s). They do where most rows follow each other at one
    longer length of which all pauses are multiples, or at a shorter one.
    """
    steps = np.diff(time)
    if not (steps > 0).all():
        steps = np.diff(np.unique(time))
    if len(steps) < LEAST_ROWS - 1:
        return
    lengths, counts = np.unique(steps, return_counts=True)
    usual = int(lengths[np.argmax(counts)])
    if usual == resolution or counts.max() * 2 <= len(steps):
        return
    alone = usual in RESOLUTIONS or counts.max() == len(steps)
    longer = usual > resolution and alone and not np.mod(steps, usual).any()
    if longer or (usual < resolution and usual in RESOLUTIONS):
        raise InvalidRequest(
            f"resolution: the rows follow each other every {usual} s, as candles of "
            f"{resolution_name(usual)} do; {resolution_name(resolution)} was given.",
            field="resolution",
        )
