"""When a trade happened, from whatever a feed writes: whole microseconds UTC, never rounded up."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from core.clock.times import MILLISECONDS_FROM
from storage.journal.columns import Ints
from storage.journal.scaled import exact_decimal

# Epoch numbers by size: seconds, milliseconds, microseconds, nanoseconds.
_MICROSECONDS_FROM, _NANOSECONDS_FROM, _END = 10**14, 10**17, 10**20
NO_TIME = int(np.iinfo(np.int64).min)
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?)?"
    r" ?(Z|z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_LOWEST, _HIGHEST = b"0000-00-00T00:00:00.000000", b"9999-99-99T99:99:99.999999"
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def read_times(values: list[Any], now_ms: int) -> Ints:
    """Return microseconds UTC of ISO 8601 texts or epoch numbers of any unit.

    `now_ms` stands where none is given, `NO_TIME` where there is none to be read.
    Finer fractions than microseconds are cut off.
    """
    kinds = set(map(type, values))
    if kinds == {int} and min(values) > MILLISECONDS_FROM and max(values) < _MICROSECONDS_FROM:
        return np.array(values, dtype=np.int64) * 1_000
    # A few are read sooner one by one.
    if kinds == {str} and len(values) > 4:
        found = _uniform_texts(values)
        if found is not None:
            return found
    return np.array([read_time(value, now_ms) for value in values], dtype=np.int64)


def read_time(value: Any, now_ms: int) -> int:
    """Return one time, as `read_times` does."""
    if value is None:
        return now_ms * 1_000
    if isinstance(value, str):
        text = value.strip()
        iso = _ISO.fullmatch(text) if len(text) <= 64 else None
        if iso:
            return _from_iso(*iso.groups())
        value = text
    number = exact_decimal(value)
    if number is None or number >= _END:
        return NO_TIME
    if number >= _NANOSECONDS_FROM:
        return int(number / 1_000)
    if number >= _MICROSECONDS_FROM:
        return int(number)
    return int(number * (1_000 if number >= MILLISECONDS_FROM else 1_000_000))


def _from_iso(
    day: str, minute: str | None, second: str | None, fraction: str | None, zone: str | None
) -> int:
    """Return the time of the parts of an ISO 8601 text; one without a zone is UTC."""
    offset = "+00:00" if zone in (None, "Z", "z") else zone
    microseconds = (fraction or "")[:6].ljust(6, "0")
    try:
        text = f"{day}T{minute or '00:00'}:{second or '00'}.{microseconds}{offset}"
        return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return NO_TIME


def _uniform_texts(values: list[str]) -> Ints | None:
    """Return the times of texts `2021-04-17T16:43:37.089723Z` of one length; else None.

    numpy would also read `nowZ` and `2021Z`: each sign is proved first.
    """
    length = len(values[0])
    if not 22 <= length <= 27 or set(map(len, values)) != {length}:
        return None
    text = "".join(values)
    if not text.isascii():
        return None
    signs = np.frombuffer(text.encode(), np.uint8).reshape(len(values), length)
    lowest, highest = (
        np.frombuffer(end[: length - 1] + b"Z", np.uint8) for end in (_LOWEST, _HIGHEST)
    )
    # Of unsigned bytes those below the lowest come out as the largest differences.
    if (signs - lowest > highest - lowest).any():
        return None
    try:
        cut = np.ascontiguousarray(signs[:, :-1]).view(f"S{length - 1}").ravel()
        return cut.astype("datetime64[us]").astype(np.int64)
    except ValueError:
        return None
