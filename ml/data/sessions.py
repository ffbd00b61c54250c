"""Regular closures of a market, such as the weekends of foreign exchange.

A market that trades around the clock has none, and every missing candle is a
gap. Where the same slots of the week (a slot is one candle's opening, counted
from Thursday 00:00 UTC, where the epoch begins) stay empty week after week, the
candles on both sides of the closure follow one another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

WEEK = 604_800
WEEKS_NEEDED = 4
# A closure is a run of slots missing in more than a quarter of the weeks, of which some are
# missing in more than three quarters: its edges move by an hour with daylight saving time.
CORE_SHARE, EDGE_SHARE = 0.25, 0.75
RECENT_WEEKS = 3

Times = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Sessions:
    """Which slots of the week may stay empty (`closures`), and which do now (`closed`).

    Both are boolean, one element a slot. They differ at edges that move with
    daylight saving time, and only `closed` tells the future.
    """

    resolution: int
    closures: NDArray[np.bool_]
    closed: NDArray[np.bool_]

    @classmethod
    def around_the_clock(cls, resolution: int) -> Self:
        """Return the sessions of a market that never closes."""
        none = np.zeros(WEEK // resolution, bool)
        return cls(resolution, none, none)

    def missing_before(self, times: Times) -> Times:
        """Return how many candles are missing between each of `times` and the one before.

        `times` are ascending openings in seconds; the first has 0. Openings in
        closures do not count.
        """
        expected = np.concatenate([[0], np.cumsum(~self.closures)])

        def openings_until(time: Times) -> Times:
            weeks, rest = np.divmod(time, WEEK)
            return np.asarray(weeks * expected[-1] + expected[rest // self.resolution])

        between = openings_until(times[1:]) - openings_until(times[:-1] + self.resolution)
        return np.concatenate([[0], between]).astype(np.int64)

    def gaps(self, times: Times) -> list[tuple[int, int]]:
        """Return `(first missing opening, opening held again)` for each gap, in seconds."""
        after = np.flatnonzero(self.missing_before(times) > 0)
        return [(int(times[i - 1]) + self.resolution, int(times[i])) for i in after]

    def next_openings(self, last: int, count: int) -> Times:
        """Return the openings of the `count` candles after the one that opened at `last`."""
        per_week = int((~self.closed).sum())
        weeks = count // per_week + 2
        ahead = last + self.resolution * np.arange(1, weeks * self.closed.size + 1, dtype=np.int64)
        return np.asarray(ahead[~self.closed[ahead % WEEK // self.resolution]][:count])

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` reads: slots as half-open runs, fit for JSON."""
        return {
            "resolution": self.resolution,
            "closures": _runs(self.closures),
            "closed": _runs(self.closed),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Return the sessions that `to_dict` described."""
        size = WEEK // value["resolution"]
        closures, closed = np.zeros(size, bool), np.zeros(size, bool)
        for slots, runs in ((closures, value["closures"]), (closed, value["closed"])):
            for start, stop in runs:
                slots[start:stop] = True
        return cls(value["resolution"], closures, closed)


def learn_sessions(times: Times, resolution: int) -> Sessions:
    """Learn the closures from ascending openings (s); fewer than four whole weeks show none."""
    weeks, slots = times // WEEK, times % WEEK // resolution
    # The first and the last week are seldom whole.
    whole = (weeks > weeks[:1]) & (weeks < weeks[-1:])
    held = np.unique(weeks[whole]).size
    if held < WEEKS_NEEDED:
        return Sessions.around_the_clock(resolution)
    size = WEEK // resolution
    closures = _closures(np.bincount(slots[whole], minlength=size) / held)
    return Sessions(resolution, closures, closures & _empty_lately(times, resolution))


def _closures(share: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the runs (the week is a circle) of rarely held slots that have a core."""
    rare = share < EDGE_SHARE
    closures = np.zeros(share.size, bool)
    if rare.all():
        return closures
    turn = int(np.argmin(rare))
    for start, stop in _runs(np.roll(rare, -turn)):
        run = (np.arange(start, stop) + turn) % share.size
        closures[run] = bool((share[run] < CORE_SHARE).any())
    return closures


def _empty_lately(times: Times, resolution: int) -> NDArray[np.bool_]:
    """Say of each slot whether most of its last few openings up to the newest are missing."""
    last = int(times[-1])
    newest = last - (last - resolution * np.arange(WEEK // resolution)) % WEEK
    openings = newest[:, None] - WEEK * np.arange(RECENT_WEEKS)
    return np.asarray(np.isin(openings, times).sum(axis=1) * 2 < RECENT_WEEKS)


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
