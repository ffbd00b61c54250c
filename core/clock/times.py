"""Instants: inside whole milliseconds UTC, outside ISO 8601 with `Z`."""

import math
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from core.errors import InvalidRequest

# Epoch numbers from here on are milliseconds: as seconds they would lie in the year 5138.
MILLISECONDS_FROM = 1e11
# As milliseconds, and as microseconds, these would lie in the same year.
MICROSECONDS_FROM, NANOSECONDS_FROM = 1e14, 1e17
EARLIEST_MS = 1_230_768_000_000  # 2009-01-01, before the first bitcoin trade
CLOCK_TOLERANCE_MS = 5_000  # between an exchange's clock and ours
LATEST_MS = 4_102_444_800_000  # 2100-01-01


def now_ms() -> int:
    """Return the server's clock in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def units_a_second(number: float) -> int:
    """Return how many of its units an epoch number has a second: 1, or 1,000, 10**6, 10**9."""
    size = abs(number)
    if size < MILLISECONDS_FROM:
        return 1
    if size < MICROSECONDS_FROM:
        return 1_000
    return 1_000_000 if size < NANOSECONDS_FROM else 1_000_000_000


def epoch_seconds(number: float) -> float:
    """Return epoch seconds from an epoch number of any unit; whole ones stay integers."""
    units = units_a_second(number)
    if isinstance(number, int) and number % units == 0:
        return number // units
    return number / units


def epoch_ms(number: float) -> int:
    """Return epoch milliseconds from epoch s, ms, us or ns, told apart by size."""
    units = units_a_second(number)
    return round(number * 1_000) if units == 1 else round(number / (units // 1_000))


def parse_time(value: str | float, field: str) -> int:
    """Return epoch milliseconds from ISO 8601, epoch seconds or epoch milliseconds.

    A text without a zone is UTC. Raises `InvalidRequest` naming `field` when it
    is no time or lies outside 1970 to 2100.
    """
    instant = _from_text(value) if isinstance(value, str) else _from_number(value)
    if instant is None or not 0 <= instant < LATEST_MS:
        raise InvalidRequest(
            f"{field} must be an ISO 8601 time such as 2025-01-31T12:00:00Z, "
            "or epoch seconds or milliseconds (micro- and nanoseconds too), between 1970 and 2100."
        )
    return instant


def _from_number(value: float) -> int | None:
    return epoch_ms(value) if math.isfinite(value) and not isinstance(value, bool) else None


def _from_text(value: str) -> int | None:
    text = value.strip()
    try:
        return _from_number(float(text))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    # A plus sign that was not percent-encoded in a query arrives as a space; refused above.
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return round(aware.timestamp() * 1_000)
    except (OverflowError, ValueError):
        return None


def format_time(milliseconds: int) -> str:
    """Return ISO 8601 UTC with `Z`; fractions only where there are any."""
    moment = datetime.fromtimestamp(milliseconds / 1_000, UTC)
    precision = "milliseconds" if milliseconds % 1_000 else "seconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


def format_microseconds(microseconds: int) -> str:
    """Return ISO 8601 UTC with `Z`, with microseconds where there are any."""
    if microseconds % 1_000 == 0:
        return format_time(microseconds // 1_000)
    whole = format_time(microseconds // 1_000_000 * 1_000)
    return f"{whole[:-1]}.{microseconds % 1_000_000:06d}Z"


def format_each_microsecond(values: Iterable[int]) -> list[str]:
    """Return `format_microseconds` of each: several times as fast where seconds follow."""
    told: list[str] = []
    second: int | None = None
    whole = ""
    for value in values:
        rest = value % 1_000_000
        if value - rest != second:
            second = value - rest
            whole = format_time(second // 1_000)[:-1]
        if rest % 1_000:
            told.append(f"{whole}.{rest:06}Z")
        else:
            told.append(f"{whole}.{rest // 1_000:03}Z" if rest else f"{whole}Z")
    return told
