"""Regular closures of a market, such as the weekends of foreign exchange.

A market that trades around the clock has none, and every missing candle is a
gap. Where the same slots of the week (a slot is one candle's opening, counted
from Thursday 00:00 UTC, where the epoch begins) stay empty week after week, the
candles on both sides of the closure follow one another. The week is that of the
market's own clock, so that its closures stay where they are when the clocks change;
where nobody named that clock, it is the one by which the closures move least.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.clock.clocks import NEW_YORK
from core.clock.resolutions import DAY
from core.clock.wall_times import instants, wall_seconds

WEEK = 604_800
WEEKS_NEEDED = 4
# A closure is a run of slots missing in more than a quarter of the weeks, of which some are
# missing in more than three quarters: its edges move by an hour with daylight saving time.
CORE_SHARE, EDGE_SHARE = 0.25, 0.75
RECENT_WEEKS = 3

# Clocks that are tried where none is named: one for each rule by which clocks change.
KNOWN_ZONES = ("UTC", "America/New_York", "Europe/London", "Australia/Sydney")
# Another clock than UTC must leave out so much of what UTC cannot explain.
BETTER = 0.8
# Closures that are known before any change of clocks was seen: the open and close, in
# seconds of New York's day, of stocks and of foreign exchange.
_STOCKS_OPEN, _WEEK_OPENS = 9 * 3_600 + 1_800, 17 * 3_600

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
    zone: str = "UTC"

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

        walls = wall_seconds(times, self.zone)
        between = openings_until(walls[1:]) - openings_until(walls[:-1] + self.resolution)
        return np.concatenate([[0], between]).astype(np.int64)

    def gaps(self, times: Times) -> list[tuple[int, int]]:
        """Return `(first missing opening, opening held again)` for each gap, in seconds."""
        after = np.flatnonzero(self.missing_before(times) > 0)
        return [(int(times[i - 1]) + self.resolution, int(times[i])) for i in after]

    def next_openings(self, last: int, count: int) -> Times:
        """Return the openings of the `count` candles after the one that opened at `last`."""
        per_week = int((~self.closed).sum())
        weeks = count // per_week + 2
        wall = int(wall_seconds(np.array([last]), self.zone)[0])
        ahead = wall + self.resolution * np.arange(1, weeks * self.closed.size + 1, dtype=np.int64)
        open_ = ahead[~self.closed[ahead % WEEK // self.resolution]][
            : count + DAY // self.resolution
        ]
        found = instants(open_, self.zone)
        return np.asarray(found[found > last][:count])

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` reads: slots as half-open runs, fit for JSON."""
        return {
            "resolution": self.resolution,
            "closures": _runs(self.closures),
            "closed": _runs(self.closed),
            "zone": self.zone,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Return the sessions that `to_dict` described."""
        size = WEEK // value["resolution"]
        closures, closed = np.zeros(size, bool), np.zeros(size, bool)
        for slots, runs in ((closures, value["closures"]), (closed, value["closed"])):
            for start, stop in runs:
                slots[start:stop] = True
        # Models trained before zones were learnt know the week of UTC only.
        return cls(value["resolution"], closures, closed, value.get("zone", "UTC"))


def learn_sessions(times: Times, resolution: int, zone: str = "") -> Sessions:
    """Learn the closures from ascending openings (s) by the clock of `zone`.

    Without a zone it is that of `KNOWN_ZONES` which leaves the fewest candles in
    closures and the fewest holes outside them. Fewer than four whole weeks show none.
    """
    if not len(times) or _whole_weeks(times)[1] < WEEKS_NEEDED:
        return Sessions.around_the_clock(resolution)
    if zone:
        return _learnt(times, resolution, zone)[0]
    plain, odd = _learnt(times, resolution, "UTC")
    if not plain.closures.any():
        return plain
    best, least = plain, odd
    for name in KNOWN_ZONES[1:]:
        found, misfits = _learnt(times, resolution, name)
        if misfits < least * BETTER and found.closures.any():
            best, least = found, misfits
    return best if best is not plain else _by_known_hours(plain, times, resolution)


def _learnt(times: Times, resolution: int, zone: str) -> tuple[Sessions, int]:
    """Return the closures by a clock, and how many openings they do not explain."""
    walls = wall_seconds(times, zone)
    whole, weeks = _whole_weeks(walls)
    slots = walls % WEEK // resolution
    counts = np.bincount(slots[whole], minlength=WEEK // resolution)
    closures = _closures(counts / weeks)
    # A slot that is held in some weeks and missing in others moved, or was missed.
    misfits = int(np.minimum(counts, weeks - np.minimum(counts, weeks)).sum())
    closed = closures & _empty_lately(walls, resolution)
    return Sessions(resolution, closures, closed, zone), misfits


def _whole_weeks(times: Times) -> tuple[NDArray[np.bool_], int]:
    """Return which openings lie in whole weeks, and the number of those weeks."""
    weeks = times // WEEK
    # The first and the last week are seldom whole.
    whole = (weeks > weeks[:1]) & (weeks < weeks[-1:])
    return whole, int(np.unique(weeks[whole]).size)


def _by_known_hours(plain: Sessions, times: Times, resolution: int) -> Sessions:
    """Return the sessions by New York's clock where they begin as its markets do.

    Before a change of clocks was seen, only the hours themselves tell the clock.
    """
    if resolution >= DAY:
        return plain
    walls = wall_seconds(times, NEW_YORK)
    after = walls[1:][np.diff(times) > DAY * 3 // 2]
    of_week = np.bincount(after % DAY // 60).argmax() * 60 if len(after) else -1
    if of_week not in (_STOCKS_OPEN, _WEEK_OPENS):
        return plain
    return _learnt(times, resolution, NEW_YORK)[0]


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
