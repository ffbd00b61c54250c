"""Turn recognised messages into columns; what is unusable is rejected with a reason."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest
from core.messages import IdKind, Rejection, TradeMessages
from core.times import EARLIEST_MS, MILLISECONDS_FROM, parse_time
from storage.journal.columns import Ints, Trades
from storage.journal.scaled import scale_values, to_floats

CLOCK_TOLERANCE_MS = 60_000
# Epoch numbers by size: seconds, milliseconds, microseconds, nanoseconds.
_MICROSECONDS_FROM, _NANOSECONDS_FROM = 1e14, 1e17
_NO_TIME = np.iinfo(np.int64).min


def to_trades(messages: TradeMessages, kind: IdKind, now_ms: int) -> tuple[Trades, list[Rejection]]:
    """Return the usable trades of one symbol and, for the others, why they are not.

    Usable is a price and a size above zero, a whole id, and a time from 2009 to
    60 s after the server's clock. Where no time is given it is `now_ms`.
    """
    price, size = scale_values(messages.price), scale_values(messages.size)
    time = _times(messages.time, now_ms)
    first, last = _ids(messages.first_id), _ids(messages.last_id)
    earliest, latest = EARLIEST_MS * 1_000, (now_ms + CLOCK_TOLERANCE_MS) * 1_000
    faults = [
        ("price is not a number above zero of at most 18 digits", ~price.good),
        ("size is not a number above zero of at most 18 digits", ~size.good),
        ("time cannot be read", time == _NO_TIME),
        ("time lies before 2009 (seconds and milliseconds mixed up?)", time < earliest),
        ("time lies more than 60 s in the future", time > latest),
        ("trade_id is not a whole number from 0; send sequence instead", first < 0),
        ("the last trade id lies before the first", last < first),
    ]
    bad = np.logical_or.reduce([mask for _, mask in faults])
    taker = [0 if buys is None else 1 if buys else -1 for buys in messages.taker_buys]
    side = np.array(taker, dtype=np.int8)
    trades = Trades(kind, price.scale, size.scale, first, last, time, price.units, size.units, side)
    if not bad.any():
        return trades, []
    return trades.take(~bad), _rejections(messages.index, faults, bad)


def to_milliseconds(value: Any, now_ms: int) -> int | None:
    """Return a quote's time in epoch ms; `now_ms` where none is given, None where impossible."""
    time = _one_time(value, now_ms) // 1_000
    return time if EARLIEST_MS <= time <= now_ms + CLOCK_TOLERANCE_MS else None


def to_number(value: Any) -> float | None:
    """Return a finite number above zero from a text or a number; None where it is none."""
    scaled = scale_values([value])
    return float(to_floats(scaled.units, scaled.scale)[0]) if scaled.good[0] else None


def _rejections(
    indices: list[int], faults: list[tuple[str, NDArray[np.bool_]]], bad: NDArray[np.bool_]
) -> list[Rejection]:
    rejected = []
    for position in np.flatnonzero(bad):
        reason = next(reason for reason, mask in faults if mask[position])
        rejected.append(Rejection(indices[position], reason))
    return rejected


def _ids(values: list[Any]) -> Ints:
    """Return ids, -1 where there is no whole number from 0 below 2**62."""
    if set(map(type, values)) == {int} and max(values) < 2**62 and min(values) >= 0:
        return np.array(values, dtype=np.int64)
    return np.array([_one_id(value) for value in values], dtype=np.int64)


def _one_id(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        number = int(value)
    else:
        return -1
    return number if 0 <= number < 2**62 else -1


def _times(values: list[Any], now_ms: int) -> Ints:
    """Return microseconds UTC from ISO 8601 texts or epoch numbers of any unit."""
    kinds = set(map(type, values))
    if kinds == {int}:
        numbers = np.array(values, dtype=object)
        if min(values) > MILLISECONDS_FROM and max(values) < _MICROSECONDS_FROM:
            return numbers.astype(np.int64) * 1_000
    if kinds == {str} and all(value[-1:] == "Z" for value in values):
        try:
            return np.array([value[:-1] for value in values], "datetime64[us]").astype(np.int64)
        except ValueError:
            pass
    return np.array([_one_time(value, now_ms) for value in values], dtype=np.int64)


def _one_time(value: Any, now_ms: int) -> int:
    if value is None:
        return now_ms * 1_000
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return int(_NO_TIME)
    if isinstance(value, str) and value[-1:] == "Z":
        try:
            # Finer fractions than microseconds are cut off.
            return int(np.datetime64(value[:-1][:26], "us").astype(np.int64))
        except ValueError:
            return int(_NO_TIME)
    try:
        return _epoch_microseconds(float(value))
    except ValueError:
        pass
    try:
        return parse_time(value, "time") * 1_000
    except InvalidRequest:
        return int(_NO_TIME)


def _epoch_microseconds(number: float) -> int:
    if not 0 <= number < 1e20:
        return int(_NO_TIME)
    if number >= _NANOSECONDS_FROM:
        return round(number / 1e3)
    if number >= _MICROSECONDS_FROM:
        return round(number)
    return round(number * (1e3 if number >= MILLISECONDS_FROM else 1e6))
