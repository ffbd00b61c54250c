"""When the candles of a series open: a time of day by a clock, and every length from there."""

import re

import msgspec

from core.clock.clocks import check_zone
from core.clock.resolutions import DAY, HOUR, resolution_name
from core.errors import InvalidRequest

_TEXT = re.compile(r"(\d{1,2}):(\d{2})(?:[@ ]+(\S.*))?\Z", re.ASCII)


class Grid(msgspec.Struct, frozen=True):
    """Openings lie whole lengths after `start` (s after midnight) by the clock of `zone`.

    So days that begin at 17:00 in New York move with that clock, and hours that
    begin at 09:30 stay half past. The plain grid is 00:00 UTC.
    """

    start: int = 0
    zone: str = "UTC"

    def __str__(self) -> str:
        return f"{self.start // HOUR:02}:{self.start % HOUR // 60:02} {self.zone}"

    @property
    def is_plain(self) -> bool:
        """Say whether openings are whole multiples of their length since 1970."""
        return self.start == 0 and self.zone == "UTC"

    def refusal(self, resolution: int) -> str:
        """Return why a time is none of this grid's, and what may be done."""
        if self.is_plain:
            return (
                f"time is no multiple of {resolution} s; a series whose "
                f"{resolution_name(resolution)} candles open at another time of day needs its "
                "grid from the first upload on, such as grid=17:00 with zone=America/New_York"
            )
        return (
            f"time is none of the series' grid, {resolution_name(resolution)} from {self} on; "
            "send it under another symbol if it is another series"
        )


PLAIN = Grid()


def parse_grid(text: str, zone: str = "") -> Grid:
    """Return a grid from `17:00@America/New_York`, or from `17:00` and a zone.

    Raises `InvalidRequest` for what is no time of day or no zone.
    """
    found = _TEXT.match(text.strip())
    start = int(found[1]) * HOUR + int(found[2]) * 60 if found else DAY
    if found is None or start >= DAY or int(found[2]) > 59:
        raise InvalidRequest(
            "grid must be a time of day such as 17:00, with zone= or as 17:00@America/New_York.",
            field="grid",
        )
    return Grid(start, check_zone(found[3] or zone or "UTC", "grid" if found[3] else "zone"))
