"""Turn recognised messages into columns; what is unusable is rejected with a reason."""

from collections.abc import Sequence
from functools import reduce
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.clock.times import EARLIEST_MS
from core.messages import IdKind, Rejection, TradeMessages
from storage.journal.columns import Ints, Trades
from storage.journal.instants import NO_TIME, read_time, read_times
from storage.journal.scaled import exact_decimal, scale_values, to_floats

CLOCK_TOLERANCE_MS = 60_000
# So many trades of one id, and not all the same: it is plainly no id.
CONSTANT_FROM = 3
# More trades than this are not summed up by any exchange in one.
LARGEST_AGGREGATE = 1_000_000
_BAD, _NO_ID = -1, -2
# Larger numbers are taken for no name of a trade.
_LARGEST_NAME = 10**64


def to_trades(
    messages: TradeMessages,
    kind: IdKind,
    now_ms: int,
    request: str = "",
    starts: Sequence[int] = (0,),
) -> tuple[list[Trades], list[Rejection]]:
    """Return the usable trades of one symbol and, for the others, why they are not.

    Usable is a price and a size above zero, and a time from 2009 to 60 s after the
    server's clock. Where no time is given it is `now_ms`. Trades whose decimals do
    not fit into one scale come as several batches, each exact. An id that is
    missing, empty or the same for all is none; one that is no whole number below
    2**62 names its trade without being an id in a row. `request` tells the trades
    without ids of one request from the same ones of another. `starts` are the
    indices at which its frames begin: the same trade in two of them is one.
    """
    price, size = scale_values(messages.price), scale_values(messages.size)
    time = read_times(messages.time, now_ms)
    first, last = _read_ids(messages, kind)
    earliest, latest = EARLIEST_MS * 1_000, (now_ms + CLOCK_TOLERANCE_MS) * 1_000
    faults: list[tuple[str, NDArray[np.bool_]]] = [
        ("price is not a number above zero of at most 18 digits", ~(price.good | price.apart)),
        ("size is not a number above zero of at most 18 digits", ~(size.good | size.apart)),
        ("time cannot be read", time == NO_TIME),
        ("time lies before 2009 (seconds and milliseconds mixed up?)", time < earliest),
        (_ahead_of(now_ms, time, latest), time > latest),
        ("trade_id is not a text or a whole number from 0", first == _BAD),
        ("the last trade id lies before the first", last < first),
        ("an aggregate of more than 1,000,000 ids", last - first >= LARGEST_AGGREGATE),
    ]
    bad = reduce(np.logical_or, [mask for _, mask in faults])
    taker = [0 if buys is None else 1 if buys else -1 for buys in messages.taker_buys]
    side = np.array(taker, dtype=np.int8)
    every = Trades(kind, price.scale, size.scale, first, last, time, price.units, size.units, side)
    rejected = _rejections(messages.index, faults, bad) if bad.any() else []
    apart = (price.apart | size.apart) & ~bad
    trades = _by_kind(every, ~(bad | apart), messages, request, starts)
    # Either part has fewer decimals than before, of prices or of sizes: that comes to an end.
    for others in (price.apart & ~bad, size.apart & ~price.apart & ~bad):
        if others.any():
            left = _part(messages, np.flatnonzero(others).tolist())
            more, also_rejected = to_trades(left, kind, now_ms, request, starts)
            trades, rejected = trades + more, rejected + also_rejected
    return trades, rejected


def to_milliseconds(value: Any, now_ms: int) -> int | None:
    """Return a quote's time in epoch ms; `now_ms` where none is given, None where impossible."""
    time = read_time(value, now_ms) // 1_000
    return time if EARLIEST_MS <= time <= now_ms + CLOCK_TOLERANCE_MS else None


def to_number(value: Any) -> float | None:
    """Return a finite number above zero from a text or a number; None where it is none."""
    scaled = scale_values([value])
    return float(to_floats(scaled.units, scaled.scale)[0]) if scaled.good[0] else None


def is_nothing(value: Any) -> bool:
    """Say whether a quote's value is not told: missing, empty or zero."""
    return value is None or value == "" or exact_decimal(value) == 0


def _part(messages: TradeMessages, rows: list[int]) -> TradeMessages:
    chosen = TradeMessages()
    for name in TradeMessages.__slots__:
        column = getattr(messages, name)
        setattr(chosen, name, [column[row] for row in rows])
    return chosen


def _by_kind(
    trades: Trades,
    usable: NDArray[np.bool_],
    messages: TradeMessages,
    request: str,
    starts: Sequence[int],
) -> list[Trades]:
    """Return usable trades with whole ids and those without, each as a batch."""
    known = usable & (trades.first_id >= 0)
    whole = trades if known.all() else trades.take(known)
    if _is_constant(whole):
        whole, known = trades.take(slice(0)), np.zeros_like(usable)
    found = [whole] if len(whole) else []
    unknown = usable & ~known
    if unknown.any():
        origin = np.searchsorted(starts, messages.index, side="right")
        label = _labels(trades, messages, request)
        found.append(trades.take(unknown).without_ids(label[unknown], origin[unknown]))
    return found


def _is_constant(trades: Trades) -> bool:
    if trades.kind is IdKind.AGGREGATE or len(trades) < CONSTANT_FROM:
        return False
    alike = (trades.first_id == trades.first_id[0]).all()
    return bool(alike) and len(set(trades.contents())) > 1


def _rejections(
    indices: list[int],
    faults: list[tuple[str, NDArray[np.bool_]]],
    bad: NDArray[np.bool_],
) -> list[Rejection]:
    rejected = []
    for position in np.flatnonzero(bad):
        reason = next(reason for reason, mask in faults if mask[position])
        rejected.append(Rejection(indices[position], reason))
    return rejected


def _read_ids(messages: TradeMessages, kind: IdKind) -> tuple[Ints, Ints]:
    """Return whole ids, first and last, `_NO_ID` where there is none, `_BAD` where unusable."""
    if kind is IdKind.NONE:
        none = np.full(len(messages), _NO_ID, dtype=np.int64)
        return none, none
    first = _ids(messages.first_id)
    if kind is not IdKind.AGGREGATE:
        return first, first
    last = _ids(messages.last_id)
    # Its ids are an interval of numbers, or nothing.
    return np.where(first == _NO_ID, _BAD, first), np.where(last == _NO_ID, _BAD, last)


def _labels(trades: Trades, messages: TradeMessages, request: str) -> Ints:
    """Return what tells trades without a whole id apart: the text that names one, or the request.

    0 where there is neither.
    """
    label = np.full(len(trades), _label("request", request), dtype=np.int64)
    named = () if trades.kind is IdKind.NONE else np.flatnonzero(trades.first_id == _NO_ID).tolist()
    for at in named:
        if messages.first_id[at]:
            label[at] = _label("trade", str(messages.first_id[at]))
    return label


def _label(what: str, name: str) -> int:
    """Return a number below 2**61 that stands for a request or for a trade by its name."""
    if not name:
        return 0
    digest = blake2b(f"{what}:{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 3


def _ids(values: list[Any]) -> Ints:
    """Return whole ids from 0 below 2**62, `_NO_ID` or `_BAD` for others."""
    if set(map(type, values)) == {int} and max(values) < 2**62 and min(values) >= 0:
        return np.array(values, dtype=np.int64)
    return np.array([_one_id(value) for value in values], dtype=np.int64)


def _one_id(value: Any) -> int:
    if value is None:
        return _NO_ID
    if isinstance(value, str):
        whole = value.isascii() and value.isdigit() and len(value) < 20
        return int(value) if whole and int(value) < 2**62 else _NO_ID
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LARGEST_NAME:
        return _BAD
    return value if value < 2**62 else _NO_ID


def _ahead_of(now_ms: int, times: Ints, latest: int) -> str:
    """Return why times after the latest are refused, by how much half of them lie ahead."""
    reason = "time lies more than 60 s in the future"
    if times.max(initial=0) <= latest:
        return reason
    minutes = round((float(np.median(times[times > latest])) / 1_000 - now_ms) / 60_000)
    return f"{reason}: {minutes:,} minutes ahead of this server's clock, so one of them is wrong"
