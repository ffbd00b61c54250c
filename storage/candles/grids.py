"""Which openings lie on a series' grid, and which grid a series' openings show."""

import numpy as np
from numpy.typing import NDArray

from core.clock.grids import PLAIN, Grid
from core.clock.resolutions import DAY, RESOLUTIONS, resolution_name
from core.clock.wall_times import instants, wall_seconds
from core.errors import InvalidRequest
from storage.candles.candle_columns import Integers

# Clocks that a grid is looked for in; others are given with `zone=`.
KNOWN_ZONES = ("America/New_York", "Europe/London", "Australia/Sydney")
# A grid that is learnt begins at a quarter of an hour.
QUARTER = 900
# From so many rows on, the pauses between them tell their length.
LEAST_ROWS = 4


def on_grid(time: Integers, resolution: int, grid: Grid) -> NDArray[np.bool_]:
    """Say of each opening (s) whether it lies on a grid."""
    walls: Integers = wall_seconds(time, grid.zone)
    return np.asarray((walls - grid.start) % resolution == 0, np.bool_)


def openings(start: int, end: int, resolution: int, grid: Grid) -> Integers:
    """Return the openings of a grid in `start..end` (s, `end` excluded)."""
    if grid.zone == "UTC":
        first = start + (grid.start - start) % resolution
        return np.arange(first, end, resolution, dtype=np.int64)
    first_wall, last_wall = wall_seconds(np.array([start - DAY, end + DAY]), grid.zone).tolist()
    first = first_wall + (grid.start - first_wall) % resolution
    walls = np.arange(first, last_wall, resolution, dtype=np.int64)
    found = instants(walls, grid.zone)
    return found[(found >= start) & (found < end)]


def learn_grid(time: Integers, resolution: int, zone: str = "") -> Grid:
    """Return the grid on which all of some openings lie; the plain one where none is shown."""
    if not len(time) or not np.any(time % resolution):
        return PLAIN
    for name in dict.fromkeys(filter(None, (zone, "UTC", *KNOWN_ZONES))):
        walls: Integers = wall_seconds(time, name)
        start = int(np.mod(walls, DAY).min())
        if start % QUARTER == 0 and not np.any((walls - start) % resolution):
            return Grid(start, name)
    return PLAIN


def check_spacing(time: Integers, resolution: int) -> None:
    """Raise `InvalidRequest` where the pauses between rows say that they have another length.

    `time` are openings (s). They do where most rows follow each other at one
    longer length of which all pauses are multiples, or at a shorter one.
    """
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
