"""Columns of instants by a zone's clock, and back."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.clock.clocks import Clock
from core.clock.resolutions import DAY
from core.clock.times import LATEST_MS

Seconds = NDArray[np.int64]
Shown = NDArray[np.bool_]

# No clock changes twice between two looks at it, nor within a minute.
_LOOK, _EXACT = 14 * DAY, 60
_BEGINNING = np.iinfo(np.int64).min // 2


def wall_seconds(time: Seconds, zone: str) -> Seconds:
    """Return what a zone's clock shows at instants (epoch s), as if it were UTC."""
    if zone == "UTC" or not len(time):
        return time
    since, offsets = clock_changes(zone)
    return np.asarray(time + offsets[np.searchsorted(since, time, "right") - 1])


def instants(walls: Seconds, zone: str) -> Seconds:
    """Return all instants (epoch s, ascending) at which a zone's clock shows any of `walls`.

    A time that it shows twice has two, one that it never shows none.
    """
    first, last, shown = showings(walls, zone)
    return np.unique(np.concatenate([first[shown], last[shown]]))


def first_instants(walls: Seconds, zone: str) -> Seconds:
    """Return the first instant (epoch s) at which the clock shows each of `walls`.

    Those that it never shows are left out.
    """
    first, _, shown = showings(walls, zone)
    return first[shown]


def latest_instants(walls: Seconds, zone: str, until: int) -> tuple[Seconds, Shown]:
    """Return when the clock showed `walls` last, up to `until` (s), and whether ever.

    Walls stand in the order of their instants: it tells times of an hour shown twice.
    """
    first, last, shown = showings(walls, zone)
    found = np.where(last <= until, last, first)
    for place in np.flatnonzero(shown & (first < last))[::-1].tolist():
        after = found[place + 1] if place + 1 < len(found) else until + 1
        if found[place] >= after:
            found[place] = first[place]
    return found, shown


def succession(earlier: Sequence[tuple[str, int]], zone: str) -> str:
    """Return the name by which this module knows a clock that was set to another zone.

    `earlier` are the zones that it had, in order, each with the instant (s) until which.
    """
    return "".join(f"{name}@{until}>" for name, until in earlier) + zone


@lru_cache(64)
def clock_changes(zone: str) -> tuple[Seconds, Seconds]:
    """Return the instants (epoch s, ascending) from which a clock is ahead of UTC by so much (s).

    The first lies before all times. `zone` may be a `succession` of zones.
    """
    earlier, _, last = zone.rpartition(">")
    if earlier:
        return _joined(*earlier.rpartition("@")[::2], last)
    clock = Clock(zone)

    def ahead(at: int) -> int:
        return round(clock.of_utc(at)) - at

    if clock.is_fixed or zone == "UTC":
        return np.array([_BEGINNING], np.int64), np.array([ahead(0)], np.int64)
    if clock.ahead_of:
        since_its, its = clock_changes(clock.ahead_of)
        return since_its, its + ahead(0) - its[0]
    since, offsets = [_BEGINNING], [ahead(0)]
    for look in range(0, LATEST_MS // 1_000, _LOOK):
        if ahead(look + _LOOK) != offsets[-1]:
            before, after = look, look + _LOOK
            while after - before > _EXACT:
                middle = (before + after) // (2 * _EXACT) * _EXACT
                if ahead(middle) == offsets[-1]:
                    before = middle
                else:
                    after = middle
            since.append(after)
            offsets.append(ahead(after))
    return np.array(since, np.int64), np.array(offsets, np.int64)


def _joined(before: str, until: str, zone: str) -> tuple[Seconds, Seconds]:
    """Return the changes of a clock that had one zone until an instant (s), and then another."""
    at = int(until)
    since_before, its = clock_changes(before)
    since, offsets = clock_changes(zone)
    kept, first = since_before < at, int(np.searchsorted(since, at, "right"))
    instants = np.concatenate([since_before[kept], [at], since[first:]])
    return instants, np.concatenate([its[kept], offsets[first - 1 :]])


def showings(walls: Seconds, zone: str) -> tuple[Seconds, Seconds, Shown]:
    """Return the first and the last instant at which the clock shows each wall, and if it does."""
    since, offsets = clock_changes(zone)
    place = np.searchsorted(since + offsets, walls, "right") - 1
    later = walls - offsets[place]
    earlier = walls - offsets[np.maximum(place - 1, 0)]
    shown_before = (place > 0) & (earlier < since[place])
    # Where the clock went forward, the hour left out lies after the change by either offset.
    until = np.append(since[1:], np.iinfo(np.int64).max)[place]
    shown = later < until
    first, last = np.where(shown_before, earlier, later), np.where(shown, later, earlier)
    return first, last, shown | shown_before
