"""The clock of times that are written without an offset: a zone, or a broker's."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from core.errors import InvalidRequest

# A plus sign that was not percent-encoded in a query arrives as a space.
_FIXED = re.compile(r"(?:UTC|GMT)\s*([+ -])(\d{1,2})(?::?(\d{2}))?\Z")
_NEW_YORK_PLUS = re.compile(r"(?:NY|America/New_York)\s*[+ ]\s*(\d{1,2})\Z")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}\Z")

NEW_YORK = "America/New_York"


class Clock:
    """Wall-clock time of a zone, ahead of it by a fixed number of seconds.

    `NY+7` is New York's clock seven hours ahead, as most brokers' servers run: it
    changes when New York's does.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._ahead, self._zone = _parsed(name)

    @property
    def ahead_of(self) -> str | None:
        """Return the zone that the clock runs ahead of, None for a zone's own clock."""
        return NEW_YORK if self._ahead else None

    @property
    def is_fixed(self) -> bool:
        """Say whether the clock is always ahead of UTC by the same."""
        return isinstance(self._zone, timezone)

    def of_utc(self, second: float) -> float:
        """Return the wall-clock seconds (as if they were UTC) at an instant."""
        return second + self._offset(datetime.fromtimestamp(second, self._zone)) + self._ahead

    def to_utc(self, walls: Sequence[float]) -> list[float | None]:
        """Return the instants of wall-clock seconds in the order of a file.

        An hour that the clock shows twice is told by that order: first before the
        change, then after it. None where the clock never shows the time.
        """
        backwards = len(walls) > 1 and walls[0] > walls[-1]
        found: list[float | None] = []
        before: float | None = None
        for wall in reversed(walls) if backwards else walls:
            instant = self._instant(wall, before)
            found.append(instant)
            before = instant if instant is not None else before
        return found[::-1] if backwards else found

    def shown_once(self, walls: Sequence[float]) -> list[float]:
        """Return those of `walls` that the clock shows twice and the file has once."""
        lone = [wall for wall, count in Counter(walls).items() if count == 1]
        return sorted(wall for wall in lone if len(set(self.instants(wall))) == 2)

    def _instant(self, wall: float, before: float | None) -> float | None:
        first, second = self.instants(wall)
        return first if first is None or before is None or first > before else second

    def instants(self, wall: float) -> tuple[float | None, float | None]:
        """Return the instants, before a change and after it, at which the clock shows `wall`.

        They are one where it shows the time once, and None where it never does.
        """
        local = datetime.fromtimestamp(wall - self._ahead, UTC).replace(tzinfo=self._zone)
        seconds = wall - self._ahead
        found = [seconds - self._offset(local.replace(fold=fold)) for fold in (0, 1)]
        if self.of_utc(found[0]) != wall:
            return None, None
        return found[0], found[1]

    def _offset(self, moment: datetime) -> float:
        offset = moment.utcoffset()
        return offset.total_seconds() if offset else 0.0


def check_zone(name: str, field: str = "zone") -> str:
    """Return the name of a clock that exists; raises `InvalidRequest` naming `field`."""
    _parsed(name, field)
    return name


def _parsed(name: str, field: str = "zone") -> tuple[float, tzinfo]:
    """Return how far ahead a clock runs (s), and of which zone."""
    if found := _NEW_YORK_PLUS.match(name):
        return int(found[1]) * 3_600.0, _zone(NEW_YORK, field)
    if found := _FIXED.match(name):
        ahead = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        if ahead < timedelta(hours=24):
            return 0.0, timezone(-ahead if found[1] == "-" else ahead)
    return 0.0, _zone(name, field)


def _zone(name: str, field: str) -> tzinfo:
    try:
        if _NAME.match(name):
            return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    raise InvalidRequest(
        f"{field} must be a zone such as America/New_York, UTC, UTC+2, or NY+7 for a broker's "
        "clock that runs seven hours ahead of New York.",
        field=field,
    )
