"""The clock of a broker's server: learnt from how far it is ahead, and from its weeks.

Terminals stamp candles with their server's wall clock as if it were UTC. How far that is
ahead tells it only until clocks change; when the market opens in history tells the rest.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from core.clock.clocks import NEW_YORK, Clock
from core.clock.grids import PLAIN, Grid
from core.clock.openings import utc_phase
from core.clock.recognise import OTHERS, USUAL, recognise_clock
from core.clock.resolutions import DAY, HOUR
from core.clock.wall_times import Seconds, latest_instants, succession, wall_seconds
from core.errors import Conflict

# Clocks are ahead of UTC by whole quarters of an hour; a server's may be off by so much (s).
QUARTER, TOLERANCE = 900, 90
# Brokers change their clocks on the weekend of the change, not at its very hour.
AROUND_A_CHANGE = 36 * HOUR

# So many zones that a clock had are remembered.
MOST_EARLIER = 16

# How a clock was learnt: by its distance from ours alone, by when weeks open, or told by somebody.
BY_OFFSET, BY_HISTORY, CONFIRMED = "offset", "history", "confirmed"


class BrokerClock(msgspec.Struct, frozen=True):
    """The zone that a broker's server shows, and how and when (s UTC) that was learnt.

    `earlier` are zones that it had before, in order, each with the instant (s UTC) until which.
    """

    zone: str
    source: str
    learnt_at: int = 0
    earlier: tuple[tuple[str, int], ...] = ()

    @property
    def rule(self) -> str:
        """Return the name of the whole clock for `core.clock.wall_times`."""
        return succession(self.earlier, self.zone)

    @property
    def day(self) -> Grid:
        """Return when the broker's days begin: at midnight by its own clock."""
        clock = Clock(self.zone)
        if clock.ahead_of == NEW_YORK:
            ahead = round(clock.of_utc(0) - Clock(NEW_YORK).of_utc(0))
            return Grid(-ahead % DAY, NEW_YORK)
        return Grid(0, self.zone)

    def grid(self, resolution: int) -> Grid:
        """Return when candles of a length open, plain where they are whole multiples of UTC."""
        return PLAIN if utc_phase(resolution, self.day) == 0 else self.day

    def offset(self, now: int) -> int:
        """Return how far ahead of UTC the clock is at an instant (both s)."""
        return int(wall_seconds(np.array([now], np.int64), self.rule)[0]) - now

    def set_to(self, zone: str, since: int, now: int) -> "BrokerClock":
        """Return the clock once somebody confirms that it has another zone (instants in s)."""
        kept: list[tuple[str, int]] = []
        begun: int | None = None
        for name, until in (*self.earlier, (self.zone, since)):
            # What is confirmed to have been another from its beginning on never was.
            if begun is None or begun < since:
                kept.append((name, min(until, since)))
            begun = until
        if kept[-1][0] == zone:
            kept.pop()
        return BrokerClock(zone, CONFIRMED, now, tuple(kept[-MOST_EARLIER:]))

    def was_guessed_for(self, other: "BrokerClock") -> bool:
        """Say whether another clock would have been told by what told this one.

        Otherwise the server's clock has been changed, and what it showed before was right.
        """
        return self.source == BY_OFFSET and other.explains(
            self.offset(self.learnt_at), self.learnt_at
        )

    def explains(self, offset: int, now: int) -> bool:
        """Say whether the clock may be ahead by so much (s) now, or around a change of it."""
        return offset in _offsets(self.zone, now)


def whole_quarters(ahead: float) -> int | None:
    """Return how far ahead (s) a clock is in whole quarters of an hour, None where it is none."""
    offset = round(ahead / QUARTER) * QUARTER
    return offset if abs(ahead - offset) <= TOLERANCE else None


def measured_offset(server: int, now: int) -> int:
    """Return how far a server's clock is ahead of ours, in whole quarters of an hour (s).

    Raises `Conflict` where it is none.
    """
    ahead = server - now
    offset = whole_quarters(ahead)
    if offset is None:
        raise Conflict(
            f"clock.server is {ahead:+d} s ahead of this server's clock, which is no whole quarter "
            f"of an hour (within {TOLERANCE} s). Send TimeTradeServer(), and set the clock of the "
            "computer that runs the terminal, or of this server, by NTP."
        )
    return offset


def instant_shown(wall: int, offset: float, now: int) -> int:
    """Return when (s UTC) a clock showed `wall` (s) that is ahead by `offset` (s) now.

    It is taken for the most usual one that is: what it showed before clocks changed was another
    hour. One that no usual clock explains was always ahead by as much.
    """
    for zone in USUAL:
        if BrokerClock(zone, BY_OFFSET).offset(now) == offset:
            found, shown = latest_instants(np.array([wall], np.int64), zone, now + DAY)
            return int(found[0]) if shown[0] else wall - round(offset)
    return wall - round(offset)


def learn_clock(offset: int, now: int, histories: Sequence[Seconds]) -> BrokerClock:
    """Return the likeliest clock that is ahead by `offset` (s) now.

    `histories` are openings by that clock of markets that close over the weekend. Raises
    `Conflict` where no usual clock is ahead by so much.
    """
    likely = _likely(offset, now)
    if not likely:
        raise Conflict(
            f"clock.server is {shown_offset(offset)} ahead of UTC, as no usual clock is. Confirm "
            "the broker's zone: tickcast feeds confirm-clock PLATFORM ZONE."
        )
    return refine_clock(BrokerClock(likely[0], BY_OFFSET, now), offset, now, histories)


def refine_clock(
    known: BrokerClock, offset: int, now: int, histories: Sequence[Seconds]
) -> BrokerClock:
    """Return what history says of a clock that only its distance from ours has told.

    It stays as it is unless weeks open as it does not have them; it is sure once they
    open as no other clock has them, for which they must have seen its changes.
    """
    if known.source != BY_OFFSET:
        return known
    for walls in sorted(histories, key=len, reverse=True):
        evidence = recognise_clock(walls.astype(np.float64).tolist())
        shown = [zone for zone in evidence.clocks if zone in _likely(offset, now)]
        if evidence.by == "week" and shown:
            zone = known.zone if known.zone in shown else shown[0]
            source = BY_HISTORY if len(shown) == 1 else BY_OFFSET
            return msgspec.structs.replace(known, zone=zone, source=source)
    return known


def shown_offset(offset: int) -> str:
    """Return an offset as `+03:00`."""
    hours, rest = divmod(abs(offset), HOUR)
    return f"{'-' if offset < 0 else '+'}{hours:02}:{rest // 60:02}"


def _likely(offset: int, now: int) -> list[str]:
    """Return the usual clocks that may be ahead by so much now, the most usual first."""
    return [zone for zone in dict.fromkeys((*USUAL, *OTHERS)) if offset in _offsets(zone, now)]


def _offsets(zone: str, now: int) -> set[int]:
    at = np.array([now - AROUND_A_CHANGE, now, now + AROUND_A_CHANGE], np.int64)
    return set((wall_seconds(at, zone) - at).tolist())
