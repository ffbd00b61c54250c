"""Times as files write them, to wall-clock seconds, and whether they name their offset.

Days before months or after them (`05/06/2024`) are told apart over a whole file.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from core.candle_files.numbers import plain
from core.clock.times import MILLISECONDS_FROM, epoch_seconds
from core.errors import InvalidRequest

_CLOCK = (
    r"(?:[ T,]+(?P<hour>\d{1,2}):?(?P<minute>\d{2})"
    r"(?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?\s*(?P<half>[AaPp][Mm])?)?"
    r"\s*(?P<utc>Z|UTC|GMT)?\s*(?P<offset>[+-]\d{2}:?\d{2})?\Z"
)
_PATTERN = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})" + _CLOCK, re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)[ T]?(?:(\d\d)(\d\d)(\d\d)?)?\Z", re.ASCII)
# `15 Jun 2024`, `June 15, 2024`, `2024-Jun-15`, with a weekday before or without.
_WORDED = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
    r"(?:(?P<day>\d{1,2})[ -]?(?P<month>[a-z]{3,9})\.?,?[ -]?(?P<year>\d{4})"
    r"|(?P<month_2>[a-z]{3,9})\.?\s+(?P<day_2>\d{1,2}),?\s+(?P<year_2>\d{4})"
    r"|(?P<year_3>\d{4})[ -](?P<month_3>[a-z]{3,9})[ -](?P<day_3>\d{1,2}))" + _CLOCK,
    re.ASCII | re.IGNORECASE,
)
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
           "october", "november", "december")  # fmt: skip
_HOUR_AND_HALF = "%Y-%m-%d %I-%p"  # as CryptoDataDownload writes hours


class Moment(NamedTuple):
    """A time: seconds of its clock as if that were UTC, and its offset (s) where it has one."""

    wall: float
    offset: float | None


Read = Callable[[str], Moment | None]


def epoch(cell: object) -> float | None:
    """Return epoch seconds from an epoch number of any unit, None where it is none."""
    if isinstance(cell, str):
        text = cell.strip()
        if text.isascii() and text.isdigit():
            return epoch_seconds(int(text))
        cell = plain(text)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    return epoch_seconds(cell)


def epochs(cells: Sequence[object]) -> list[float | None]:
    """Return epoch seconds of a column of epoch numbers, None for a cell that is none."""
    if set(map(type, cells)) <= {int, float}:
        seconds: list[float | None] = list(cells)  # type: ignore[arg-type]
        if max(map(abs, cells), default=0) < MILLISECONDS_FROM:  # type: ignore[arg-type]
            return seconds
    return [epoch(cell) for cell in cells]


def is_day(cell: str) -> bool:
    """Say whether digits alone are a date, `20240615`, and may have its time behind."""
    found = _COMPACT.match(cell.strip())
    return found is not None and found[1][:2] in ("19", "20") and _compact(cell) is not None


def reader(cells: Sequence[str]) -> Read:
    """Return a reader for the order in which `cells` write days and months.

    Raises `InvalidRequest` where both orders fit equally well.
    """
    slashed = [cell for cell in cells if (found := _split(cell)) and found[0] == "either"]
    if not slashed:
        return lambda cell: read_moment(cell, day_first=True)
    first = [read_moment(cell, day_first=True) for cell in slashed]
    other = [read_moment(cell, day_first=False) for cell in slashed]
    if None in first or None in other:
        day_first = first.count(None) <= other.count(None)
    else:
        spans = [
            max(m.wall for m in found if m) - min(m.wall for m in found if m)
            for found in (first, other)
        ]
        if spans[0] == spans[1] and first != other:
            raise InvalidRequest(
                f"time: {slashed[0][:32]!r} may have the day first or the month; "
                "write dates as 2024-06-15."
            )
        day_first = spans[0] <= spans[1]
    return lambda cell: read_moment(cell, day_first=day_first)


def read_moment(text: str, *, day_first: bool) -> Moment | None:
    """Return a written time, None where it is none."""
    text = " ".join(text.split())
    try:
        return _of(datetime.fromisoformat(text)) if text.isascii() else None
    except ValueError:
        pass
    match = _PATTERN.match(text)
    found = _split(text)
    if match is None or found is None:
        return _compact(text) or _worded(text)
    order, parts = found
    year, month, day = {
        "ymd": (parts[0], parts[1], parts[2]),
        "dmy": (parts[2], parts[1], parts[0]),
        "mdy": (parts[2], parts[0], parts[1]),
    }[("dmy" if day_first else "mdy") if order == "either" else order]
    return _built(year, month, day, match)


def _split(text: str) -> tuple[str, tuple[int, int, int]] | None:
    """Return the order of year, month and day, and the three numbers."""
    match = _PATTERN.match(text.strip())
    if match is None:
        return None
    parts = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) == 4:
        return "ymd", parts
    if len(match[4]) != 4:
        return None
    return ("dmy" if match[2] == "." else "either"), parts


def _built(year: int, month: int, day: int, clock: re.Match[str]) -> Moment | None:
    hour, minute, second = (int(clock[name] or 0) for name in ("hour", "minute", "second"))
    if clock["half"]:
        afternoon = clock["half"].lower() == "pm"
        if hour > 12 and not afternoon:
            return None
        hour = hour % 12 + 12 * afternoon
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    fraction = int(clock["fraction"]) / 10 ** len(clock["fraction"]) if clock["fraction"] else 0
    offset = _offset(clock["offset"]) if clock["offset"] else (0.0 if clock["utc"] else None)
    return Moment(moment.timestamp() + fraction, offset)


def _offset(text: str) -> float:
    digits = text[1:].replace(":", "")
    seconds = int(digits[:2]) * 3_600 + int(digits[2:]) * 60
    return float(-seconds if text[0] == "-" else seconds)


def _of(moment: datetime) -> Moment:
    offset = moment.utcoffset()
    wall = moment.replace(tzinfo=UTC).timestamp()
    return Moment(wall, None if offset is None else offset.total_seconds())


def _compact(text: str) -> Moment | None:
    found = _COMPACT.match(text.strip())
    if found is None:
        return None
    try:
        parts = [int(part or 0) for part in found.groups()]
        return Moment(datetime(*parts, tzinfo=UTC).timestamp(), None)  # type: ignore[misc,arg-type]
    except ValueError:
        return None


def _worded(text: str) -> Moment | None:
    match = _WORDED.match(text)
    if match is None:
        try:
            return _of(datetime.strptime(text, _HOUR_AND_HALF))  # noqa: DTZ007 - no zone is said
        except ValueError:
            return None
    year, name, day = (
        match[part] or match[f"{part}_2"] or match[f"{part}_3"] for part in ("year", "month", "day")
    )
    word = name.lower()
    months = [n for n, month in enumerate(_MONTHS, 1) if month.startswith(word)]
    return _built(int(year), months[0], int(day), match) if len(months) == 1 else None
