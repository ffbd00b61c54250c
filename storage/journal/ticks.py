"""Trades collapsed per millisecond, the finest that a time series can hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.messages import IdKind
from storage import keys
from storage.journal.columns import Ints, Trades

# By millisecond: price, size and last id.
HeldTicks: TypeAlias = dict[int, tuple[float, float, int]]

# Late samples no further apart than this (ms) are read as one range.
RUN_PAUSE_MS = 50


@dataclass(frozen=True, slots=True)
class Ticks:
    """One sample a millisecond: the price of its highest trade id, and the sum of sizes.

    Without ids `last_id` is the microsecond in the millisecond; of two trades that
    agree in it the higher price counts, so that order of arrival does not show.
    """

    ms: Ints
    price: NDArray[np.float64]
    size: NDArray[np.float64]
    last_id: Ints


def collapse(trades: Trades) -> Ticks:
    """Return the samples of trades in any order; sizes of one millisecond add exactly."""
    ms = trades.time // 1_000
    rank = trades.time % 1_000 if trades.kind is IdKind.NONE else trades.last_id
    ordered = trades
    further, higher = np.diff(ms), np.diff(rank)
    if not ((further > 0) | ((further == 0) & (higher > 0))).all():
        order = np.lexsort((trades.price, rank, ms))
        ordered, rank, ms = trades.take(order), rank[order], ms[order]
    starts = np.flatnonzero(np.diff(ms, prepend=-1))
    last = np.append(starts[1:], len(ms)) - 1 if len(ms) else starts
    sizes = np.add.reduceat(ordered.sizes(), starts) if len(ms) else ordered.sizes()
    return Ticks(ms[starts], ordered.prices()[last], sizes, rank[last])


def collapse_all(batches: list[Trades]) -> Ticks:
    """Return the samples of several batches together."""
    parts = [collapse(batch) for batch in batches]
    if len(parts) == 1:
        return parts[0]
    ms = np.concatenate([part.ms for part in parts])
    last_id = np.concatenate([part.last_id for part in parts])
    price = np.concatenate([part.price for part in parts])
    order = np.lexsort((price, last_id, ms))
    ms, last_id = ms[order], last_id[order]
    starts = np.flatnonzero(np.diff(ms, prepend=-1))
    last = np.append(starts[1:], len(ms)) - 1
    price = price[order][last]
    size = np.add.reduceat(np.concatenate([part.size for part in parts])[order], starts)
    return Ticks(ms[starts], price, size, last_id[last])


def combine(new: Ticks, held: HeldTicks) -> Ticks:
    """Return `new` with what is already held (price, size, last id) of its milliseconds."""
    price, size = new.price.copy(), new.size.copy()
    last_id = new.last_id.copy()
    for position in np.flatnonzero(np.isin(new.ms, list(held))):
        old_price, old_size, old_id = held[int(new.ms[position])]
        size[position] += old_size
        if (old_id, old_price) > (last_id[position], price[position]):
            price[position], last_id[position] = old_price, old_id
    return Ticks(new.ms, price, size, last_id)


def read_held(client: Any, platform: str, symbol: str, milliseconds: Ints) -> HeldTicks:
    """Return (price, size, last id) of those ascending milliseconds that have a sample."""
    pipe = client.pipeline(transaction=False)
    for first, last in _spans(milliseconds):
        for part in keys.TICK_PARTS:
            pipe.execute_command("TS.RANGE", keys.tick(platform, symbol, part), first, last)
    replies = pipe.execute()
    wanted = set(milliseconds.tolist())
    held = {}
    for prices, sizes, ids in zip(replies[::3], replies[1::3], replies[2::3], strict=True):
        for (ms, price), (_, size), (_, last_id) in zip(prices, sizes, ids, strict=True):
            if ms in wanted:
                held[ms] = (float(price), float(size), int(float(last_id)))
    return held


def queue_newest(pipe: Any, platform: str, symbol: str) -> None:
    """Queue the reading of a symbol's newest sample."""
    for part in keys.TICK_PARTS:
        pipe.execute_command("TS.GET", keys.tick(platform, symbol, part))


def parse_newest(replies: Iterator[Any]) -> HeldTicks:
    """Return the sample that `queue_newest` asked for, or none."""
    parts = [next(replies) for _ in keys.TICK_PARTS]
    if not all(parts):
        return {}
    (ms, price), (_, size), (_, last_id) = parts
    return {ms: (float(price), float(size), int(float(last_id)))}


def _spans(milliseconds: Ints) -> list[tuple[int, int]]:
    """Return the first and last of each run without a pause: one trip reads a run at once."""
    starts = np.flatnonzero(
        np.diff(milliseconds, prepend=milliseconds[0] - 2 * RUN_PAUSE_MS) > RUN_PAUSE_MS
    )
    last = np.append(starts[1:], len(milliseconds)) - 1
    return list(zip(milliseconds[starts].tolist(), milliseconds[last].tolist(), strict=True))


def samples(platform: str, symbol: str, ticks: Ticks) -> list[Any]:
    """Return the arguments of TS.MADD for the samples."""
    arguments: list[Any] = []
    ms = ticks.ms.tolist()
    for part, values in zip(keys.TICK_PARTS, (ticks.price, ticks.size, ticks.last_id), strict=True):
        key = keys.tick(platform, symbol, part)
        for stamp, value in zip(ms, values.tolist(), strict=True):
            arguments += (key, stamp, value)
    return arguments


def newer(ticks: Ticks, than_ms: int) -> Ticks:
    """Return the samples after `than_ms`."""
    keep = ticks.ms > than_ms
    return Ticks(ticks.ms[keep], ticks.price[keep], ticks.size[keep], ticks.last_id[keep])
