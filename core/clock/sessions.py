"""Regular closures of a market, such as the weekends of foreign exchange.

A market that trades around the clock has none, and every missing candle is a
gap. Where the same slots of the week (a slot is one candle's opening, counted
from Thursday 00:00 UTC, where the epoch begins) stay empty week after week, the
candles on both sides of the closure follow one another. The week is that of the
market's own clock, so that its closures stay where they are when the clocks change;
where nobody named that clock, it is the one by which the closures move least.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.clock.clocks import NEW_YORK
from core.clock.grids import PLAIN, Grid, parse_grid
from core.clock.openings import ends, opening_at, openings, utc_phase
from core.clock.resolutions import DAY
from core.clock.wall_times import clock_changes, wall_seconds

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
_STOCKS_OPEN, WEEK_OPENS = 9 * 3_600 + 1_800, 17 * 3_600
METALS_OPEN = 18 * 3_600
# A week in which no clock changes, in January 2024.
_ANY_WEEK = 2_818 * WEEK

Times = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Sessions:
    """Which slots of the week may stay empty (`closures`), and which do now (`closed`).

    Both are boolean, one element a slot. They differ at edges that move with
    daylight saving time, and only `closed` tells the future. Candles open on the
    `grid`, whose clock is that of the week wherever openings move with it.
    """

    resolution: int
    closures: NDArray[np.bool_]
    closed: NDArray[np.bool_]
    zone: str = "UTC"
    grid: Grid = PLAIN

    @classmethod
    def around_the_clock(cls, resolution: int, grid: Grid = PLAIN) -> Self:
        """Return the sessions of a market that never closes."""
        none = np.zeros(WEEK // resolution, bool)
        moves = utc_phase(resolution, grid) is None
        return cls(resolution, none, none, grid.zone if moves else "UTC", grid)

    def missing_before(self, times: Times) -> Times:
        """Return how many candles are missing between each of `times` and the one before.

        `times` are ascending openings in seconds; the first has 0. Openings in
        closures do not count.
        """
        walls = wall_seconds(times, self.zone)
        if utc_phase(self.resolution, self.grid) is None:
            after = walls[:-1] + self.resolution
            between = self._expected(walls[1:]) - self._expected(after)
        else:
            after = times[:-1] + self.resolution
            between = self._expected(walls[1:]) - self._expected(wall_seconds(after, self.zone))
            between -= self._moved(times[1:]) - self._moved(after)
        return np.concatenate([[0], between]).astype(np.int64)

    def gaps(self, times: Times) -> list[tuple[int, int]]:
        """Return `(first missing opening, opening held again)` for each gap, in seconds."""
        after = np.flatnonzero(self.missing_before(times) > 0)
        first = ends(times[after - 1], self.resolution, self.grid)
        return list(zip(first.tolist(), times[after].tolist(), strict=True))

    def is_open(self, second: int) -> bool:
        """Say whether the candle under way at an instant (s) is of an open market."""
        opening = np.array([opening_at(second, self.resolution, self.grid)], np.int64)
        return not self.closed[wall_seconds(opening, self.zone)[0] % WEEK // self.resolution]

    def next_openings(self, last: int, count: int) -> Times:
        """Return the openings of the `count` candles after the one that opened at `last`."""
        weeks = count // int((~self.closed).sum()) + 2
        ahead = openings(last + 1, last + weeks * WEEK + 1, self.resolution, self.grid)
        slots = wall_seconds(ahead, self.zone) % WEEK // self.resolution
        return np.asarray(ahead[~self.closed[slots]][:count])

    def _expected(self, walls: Times) -> Times:
        """Return how many slots lie before times of the week's clock that are no closures."""
        before = np.concatenate([[0], np.cumsum(~self.closures)])
        weeks, rest = np.divmod(walls, WEEK)
        return np.asarray(weeks * before[-1] + before[rest // self.resolution])

    def _moved(self, times: Times) -> Times:
        """Return how many slots the clock has left out by its changes, less those shown twice."""
        since, offsets = clock_changes(self.zone)
        phase = utc_phase(self.resolution, self.grid) or 0
        first = since[1:] + (phase - since[1:]) % self.resolution
        jumps = self._expected(first + offsets[1:]) - self._expected(first + offsets[:-1])
        return np.concatenate([[0], np.cumsum(jumps)])[np.searchsorted(first, times, "right")]

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` reads: slots as half-open runs, fit for JSON."""
        found = {
            "resolution": self.resolution,
            "closures": _runs(self.closures),
            "closed": _runs(self.closed),
            "zone": self.zone,
        }
        return found if self.grid.is_plain else found | {"grid": str(self.grid)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Return the sessions that `to_dict` described."""
        size = WEEK // value["resolution"]
        closures, closed = np.zeros(size, bool), np.zeros(size, bool)
        for slots, runs in ((closures, value["closures"]), (closed, value["closed"])):
            for start, stop in runs:
                slots[start:stop] = True
        # Models trained before zones were learnt know the week of UTC only.
        grid = parse_grid(value["grid"]) if "grid" in value else PLAIN
        return cls(value["resolution"], closures, closed, value.get("zone", "UTC"), grid)


def learn_sessions(times: Times, resolution: int, zone: str = "", grid: Grid = PLAIN) -> Sessions:
    """Learn the closures from ascending openings (s) of a grid by the clock of `zone`.

    Without a zone it is the grid's where openings move with it, and else that of
    `KNOWN_ZONES` which leaves the fewest candles in closures and the fewest holes
    outside them. Fewer than four whole weeks show none.
    """
    if not len(times) or _whole_weeks(times)[1] < WEEKS_NEEDED:
        return Sessions.around_the_clock(resolution, grid)
    if utc_phase(resolution, grid) is None:
        zone = grid.zone
    found = _learnt(times, resolution, zone)[0] if zone else _by_fitting_clock(times, resolution)
    return replace(found, grid=grid)


def currency_week(resolution: int, grid: Grid = PLAIN, opens: int = WEEK_OPENS) -> Sessions:
    """Return the sessions that currencies have, and metals with `opens` at 18:00 (s of the day).

    Closed from Friday 17:00 to Sunday by New York's clock, and every day between 17:00 and
    `opens`: what is taken for granted before closures can be learnt.
    """
    week = openings(_ANY_WEEK, _ANY_WEEK + WEEK, resolution, grid)
    walls = wall_seconds(week, NEW_YORK)
    since_friday = (walls - DAY - WEEK_OPENS) % WEEK
    # A candle longer than the pause of each day holds more than that.
    pause = opens - WEEK_OPENS if resolution <= opens - WEEK_OPENS else 0
    shut = (since_friday < 2 * DAY) | ((walls - WEEK_OPENS) % DAY < pause)
    zone = grid.zone if utc_phase(resolution, grid) is None else NEW_YORK
    closed = np.zeros(WEEK // resolution, bool)
    closed[wall_seconds(week, zone) % WEEK // resolution] = shut
    return Sessions(resolution, closed, closed, zone, grid)


def _by_fitting_clock(times: Times, resolution: int) -> Sessions:
    """Return the closures by the clock that explains the openings best."""
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
    if of_week not in (_STOCKS_OPEN, WEEK_OPENS):
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
