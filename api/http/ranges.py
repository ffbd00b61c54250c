"""Ranges of time as requests give them."""

from typing import NamedTuple

from core.clock.times import LATEST_MS, format_time, now_ms, parse_time
from core.errors import InvalidRequest

Value = int | float | str

# Ten years of minutes; more is asked for in parts.
CANDLES_LIMIT = 5_300_000


class Range(NamedTuple):
    """From `start` to `end`, both included, in epoch milliseconds."""

    start: int
    end: int


def past_range(start: Value, end: Value | None, prefix: str = "", suffix: str = "") -> Range:
    """Return a range that can be fetched; `end` is now where it is missing or lies ahead.

    Raises `InvalidRequest` if `start` lies in the future or is not before `end`.
    """
    now = now_ms()
    begin, stop = f"{prefix}start{suffix}", f"{prefix}end{suffix}"
    first = parse_time(start, begin)
    last = now if end is None else parse_time(end, stop)
    if first >= now:
        raise InvalidRequest(f"{begin} lies in the future; it is {format_time(now)} now.")
    if first >= last:
        raise InvalidRequest(f"{begin} must be before {stop}.")
    return Range(first, min(last, now))


def check_size(wanted: Range, resolution: int, prefix: str = "", suffix: str = "") -> int:
    """Return how many candles a range spans at most; raises `InvalidRequest` beyond the limit."""
    spanned = (wanted.end - wanted.start) // (resolution * 1_000) + 1
    if spanned > CANDLES_LIMIT:
        raise InvalidRequest(
            f"{prefix}start{suffix}..{prefix}end{suffix} spans {spanned:,} candles; the limit is "
            f"{CANDLES_LIMIT:,}."
        )
    return spanned


def opening_seconds(start: Value | None, end: Value | None) -> tuple[int | None, int | None]:
    """Return bounds for opening times, in seconds; None stays open.

    Candles open at whole seconds: a start between two begins with the later, an
    end with the earlier one. Raises `InvalidRequest` if `start` is after `end`.
    """
    first = None if start is None else -(-parse_time(start, "start") // 1_000)
    last = None if end is None else parse_time(end, "end") // 1_000
    if first is not None and last is not None and first > last:
        raise InvalidRequest("start must not be after end.")
    return first, last


def opening_bounds(start: Value | None, end: Value | None) -> tuple[int | None, int | None]:
    """Return bounds for opening times, in seconds, the end excluded; None stays open.

    Raises `InvalidRequest` if `start` is after `end`.
    """
    first = None if start is None else -(-parse_time(start, "start") // 1_000)
    stop = None if end is None else -(-parse_time(end, "end") // 1_000)
    if first is not None and stop is not None and first > stop:
        raise InvalidRequest("start must not be after end.", field="start")
    return first, stop


def instants(start: Value | None, end: Value | None) -> Range:
    """Return a span of time in epoch ms, open ends being 1970 and 2100.

    Raises `InvalidRequest` if `start` is after `end`.
    """
    first = 0 if start is None else parse_time(start, "start")
    last = LATEST_MS if end is None else parse_time(end, "end")
    if first > last:
        raise InvalidRequest("start must not be after end.")
    return Range(first, last)
