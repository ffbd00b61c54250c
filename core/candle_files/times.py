"""The column of times: epoch numbers, or written times by their offset or their clock."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from core.candle_files import moments
from core.candle_files.clock_evidence import clock_warnings, epoch_warnings, runs_by
from core.candle_files.parsed import NOT_A_NUMBER
from core.clock.clocks import Clock
from core.clock.times import LATEST_MS, format_time
from core.errors import InvalidRequest

Cells = Sequence[object]

_DATE_DIGITS, _DATE_TIME_DIGITS = {8}, {12, 14}
_LATEST = LATEST_MS / 1_000
TAKEN_AS_UTC = "written times, taken as UTC"
_EXCEL_DAYS = 20_000, 80_000  # 1954 to 2119
# A time of day as digits alone, `93000` or `0930`.
_DIGITS = re.compile(r"\d{1,6}\Z", re.ASCII)


class ReadTimes(NamedTuple):
    """Epoch numbers, NaN for a time that is none; by index why; and what the times are."""

    values: list[float]
    reasons: dict[int, str]
    meaning: str
    warnings: list[str]


def joined_times(dates: Cells, times: Cells) -> list[object]:
    """Return the cells of two columns as one: a date and its time of day."""
    texts = ["" if cell is None else str(cell).strip() for cell in times]
    if any(re.search(r"[-/T]|\d{7}", text) for text in texts[:1]):
        return list(times)  # whole times already
    if texts and all(map(_DIGITS.match, texts)):
        longest = max(map(len, texts))
        if longest <= 2:  # hours alone
            texts = [f"{text.zfill(2)}00" for text in texts]
        else:
            texts = [text.zfill(6 if longest > 4 else 4) for text in texts]
    days = ["" if cell is None else str(cell).strip() for cell in dates]
    return [f"{day} {text}".strip() for day, text in zip(days, texts, strict=True)]


def refuse_shared(times: Sequence[float], prices: Sequence[Cells]) -> None:
    """Raise `InvalidRequest` where most of the rows that differ share their time with others."""
    read = [place for place, time in enumerate(times) if not math.isnan(time)]
    apart = len({times[place] for place in read})
    if len(read) < 3 or 2 * apart > len(read):
        return
    differ = len({tuple(str(column[place]) for column in prices) for place in read})
    if differ >= 3 and 2 * apart <= differ:
        raise InvalidRequest(
            f"time: {differ:,} different rows have but {apart:,} times; if the time of day stands "
            "in a column of its own, map both with columns=time=Date+Hour (--columns).",
            field="time",
        )


def read_times(cells: Cells, zone: str, *, are_dates: bool) -> ReadTimes:
    """Return the times of a column in file order.

    `zone` is the clock of times without an offset, UTC where empty. `are_dates`
    says that eight digits are a day.
    """
    digits = _DATE_TIME_DIGITS | _DATE_DIGITS if are_dates else _DATE_TIME_DIGITS
    first = next((str(cell).strip() for cell in cells if cell not in (None, "")), "")
    if not (first.isdigit() and len(first) in digits):
        found = moments.epochs(cells)
        if found and None not in found:
            days = [one for one in found if one is not None]
            fractions = are_dates or any(one % 1 for one in days)
            if fractions and all(_EXCEL_DAYS[0] <= one < _EXCEL_DAYS[1] for one in days):
                raise InvalidRequest(
                    f"time: {first[:32]!r} seems to be a day as Excel counts them; write dates as "
                    "2024-06-15 12:00.",
                    field="time",
                )
            return epoch_times([NOT_A_NUMBER if one is None else one for one in found], zone)
    return _written(["" if cell is None else str(cell) for cell in cells], digits, zone)


def epoch_times(values: list[float], zone: str) -> ReadTimes:
    """Return epoch seconds as they are, or by the clock that they were counted by.

    They count from 1970 in UTC by definition. Brokers' programs count by their server's clock:
    where a zone is given and the market's openings bear it out, they are moved.
    """
    if zone not in ("", "UTC"):
        if runs_by(values, zone):
            what = f"epoch numbers that were counted by the clock of {zone}"
            walls = {place: value for place, value in enumerate(values) if 0 <= value < _LATEST}
            return _moved(list(values), {}, walls, zone, what)
        meaning = f"epoch numbers, UTC by definition: zone={zone} moved none"
        return ReadTimes(values, {}, meaning, [])
    return ReadTimes(values, {}, "epoch numbers", epoch_warnings(values))


def _written(texts: Sequence[str], digits: set[int], zone: str) -> ReadTimes:
    read = moments.reader(texts)
    values, reasons = [NOT_A_NUMBER] * len(texts), {}
    walls: dict[int, float] = {}
    for place, text in enumerate(texts):
        is_date = text.strip().isdigit() and len(text.strip()) in digits
        number = None if is_date else moments.epoch(text)
        moment = read(text) if number is None else None
        if number is not None:
            values[place] = number
        elif moment is None:
            reasons[place] = "time is not a time"
        elif moment.offset is None:
            walls[place] = moment.wall
        else:
            values[place] = moment.wall - moment.offset
    if len(reasons) == len(texts) > 1:
        raise InvalidRequest(
            f"time: {texts[0][:32]!r} is written in no way that is known; write times as "
            "2024-06-15T12:00:00Z or as epoch seconds.",
            field="time",
        )
    if not walls:
        return ReadTimes(values, reasons, "written times with their offsets", [])
    return _by_clock(values, reasons, walls, zone)


def _by_clock(
    values: list[float], reasons: dict[int, str], walls: dict[int, float], zone: str
) -> ReadTimes:
    if not zone:
        values = [walls.get(place, value) for place, value in enumerate(values)]
        warnings = clock_warnings(list(walls.values()), zone)
        return ReadTimes(values, reasons, TAKEN_AS_UTC, warnings)
    moved = _moved(values, reasons, walls, zone, f"written times by the clock of {zone}")
    return moved._replace(warnings=moved.warnings + clock_warnings(list(walls.values()), zone))


def _moved(
    values: list[float], reasons: dict[int, str], walls: dict[int, float], zone: str, meaning: str
) -> ReadTimes:
    """Return the times of which those in `walls`, by their places, are a zone's wall clock's."""
    given, clock = list(walls.values()), Clock(zone)
    for place, instant in zip(walls, clock.to_utc(given), strict=True):
        if instant is None:
            shown = format_time(round(walls[place] * 1_000)).rstrip("Z")
            reasons[place] = f"time: {shown} does not exist by the clock of {clock.name}"
        values[place] = math.nan if instant is None else instant
    lone = clock.shown_once(given)
    warnings = [_lone(lone, clock.name)] if lone else []
    return ReadTimes(values, reasons, meaning, warnings)


def _lone(walls: list[float], zone: str) -> str:
    first = format_time(round(walls[0] * 1_000)).rstrip("Z")
    return (
        f"{len(walls)} times stand once although the clock of {zone} shows them twice, the first "
        f"{first}: each is taken as the earlier that fits the rows before it."
    )
