"""Which clock a source's times are by: told by when its market opens, and by its changes.

Foreign exchange, metals and futures open on Sunday at 17:00 or 18:00 in New York, shares
there at 09:30, whatever the clock of who wrote the file. A market that never closes shows
its clock where an hour stands twice or not at all.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.clock.clocks import NEW_YORK
from core.clock.resolutions import DAY, HOUR
from core.clock.times import LATEST_MS
from core.clock.wall_times import Seconds, clock_changes, first_instants, wall_seconds

WEEK = 7 * DAY
# Clocks that files are written by, the most usual first.
USUAL = ("UTC", "NY+7", NEW_YORK, "UTC-5", "EET", "Europe/London", "Europe/Berlin")
OTHERS = (
    *(f"NY+{n}" for n in range(1, 13) if n != 7),
    *(f"UTC{n:+d}" for n in range(-11, 15) if n not in (0, -5)),
)
# Clocks whose changes a market that never closes may show.
CHANGING = (NEW_YORK, "Europe/London", "Europe/Berlin", "EET", "Australia/Sydney")
# A weekly closure is a pause of so many seconds, and must be seen so often.
SHORTEST_CLOSURE, LONGEST_CLOSURE, WEEKS_NEEDED = 36 * HOUR, 80 * HOUR, 2
# The first candle may come so much earlier or later than the market opens.
EARLIEST, LATEST = -900, 2_700
# So many of the openings must be explained.
MOST = 0.8
_SUNDAY_17 = 3 * DAY + 17 * HOUR  # in weeks that begin on Thursday 00:00, as the epoch does
# Shares: when each day begins by New York's clock, and by the usual broker's.
_SHARES = {9 * HOUR + 1_800: NEW_YORK, 16 * HOUR + 1_800: "NY+7"}


class Evidence(NamedTuple):
    """What times tell about their clock.

    `clocks` explain it best, the most usual first; none where nothing tells. `by` is what
    told: the `week`'s or the `day`'s opening, of which `opening` is the last (wall-clock s), or
    the `changes` of a clock.
    """

    clocks: list[str]
    by: Literal["week", "day", "changes"] = "changes"
    opening: float = 0.0


def recognise_clock(walls: Sequence[float]) -> Evidence:
    """Return by which clocks times (s of their clock, as if it were UTC) may be."""
    times = np.asarray(walls, np.float64)
    times = times[(times >= 0) & (times < LATEST_MS / 1_000)]
    shown = np.unique(times)
    pauses = np.diff(shown)
    if not len(pauses):
        return Evidence([])
    step = _commonest(pauses)
    closed = (pauses >= SHORTEST_CLOSURE) & (pauses <= LONGEST_CLOSURE)
    long = (pauses > 2 * HOUR) & (pauses < SHORTEST_CLOSURE)
    openings = shown[1:][closed]
    if step >= DAY:
        return Evidence([])
    if len(openings) >= WEEKS_NEEDED and long.sum() <= (pauses >= SHORTEST_CLOSURE).sum():
        return Evidence(_by_weekly_opening(openings, step), "week", float(openings[-1]))
    if (found := _by_daily_opening(shown)) is not None:
        return found
    return Evidence(_by_changes(times, step) if not closed.any() else [])


def _by_weekly_opening(openings: NDArray[np.float64], step: float) -> list[str]:
    weeks = np.round((openings - _SUNDAY_17) / WEEK).astype(np.int64)
    opened = first_instants(weeks * WEEK + _SUNDAY_17, NEW_YORK)
    shares = []
    for clock, lag in _candidates():
        expected = wall_seconds(opened, clock) + lag
        if step > HOUR:  # the candle that holds the opening
            expected -= np.mod(expected, round(step))
        late = openings - expected
        shares.append((clock, float(np.mean((late >= EARLIEST) & (late < LATEST)))))
    best = max(share for _, share in shares)
    found = dict.fromkeys(clock for clock, share in shares if share == best)
    return list(found) if best >= MOST else []


def _candidates() -> Iterator[tuple[str, int]]:
    yield from ((clock, 0) for clock in USUAL)
    yield from ((clock, HOUR) for clock in USUAL)
    yield from ((clock, 0) for clock in OTHERS)


def _by_daily_opening(shown: NDArray[np.float64]) -> Evidence | None:
    days, first = np.unique(shown // DAY, return_index=True)
    if len(days) < WEEKS_NEEDED:
        return None
    begins = shown[first] % DAY
    for at, clock in _SHARES.items():
        if np.mean(begins == at) >= MOST:
            return Evidence([clock], "day", float(shown[first[-1]]))
    return None


def _by_changes(times: NDArray[np.float64], step: float) -> list[str]:
    """Return the clocks all of whose changes within the times left out or doubled an hour."""
    once, counts = np.unique(times, return_counts=True)
    left_out = np.diff(once) == step + HOUR
    if step > HOUR or not (left_out.any() or (counts > 1).any()):
        return []
    return [clock for clock in CHANGING if _shows_changes(once, counts, step, clock)]


def _shows_changes(once: NDArray[np.float64], counts: Seconds, step: float, clock: str) -> bool:
    since, offsets = clock_changes(clock)
    lies_within = (since > once[0]) & (since < once[-1])
    seen = 0
    for place in np.flatnonzero(lies_within).tolist():
        before, after = (since[place] + offsets[place - 1 : place + 1]).tolist()
        start, end = min(before, after), max(before, after)
        first, stop = np.searchsorted(once, [start, end]).tolist()
        # An hour whose neighbours are missing too tells nothing.
        if first == 0 or stop == len(once) or (once[first - 1], once[stop]) != (start - step, end):
            continue
        hour = counts[first:stop]
        if len(hour) if after > before else not len(hour) or (hour == 1).any():
            return False
        seen += 1
    return seen > 0


def _commonest(values: NDArray[np.float64]) -> float:
    found, counts = np.unique(values, return_counts=True)
    return float(found[np.argmax(counts)])
