"""Read trades back in the order in which they happened, a page at a time."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import redis
from numpy.typing import NDArray

from core.messages import IdKind
from storage.journal.archive import JournalArchive
from storage.journal.columns import Ints, Trades
from storage.journal.journal import SPAN_MS, Journal

# A page is often full after a few entries.
FIRST_TRIP, ENTRIES_A_TRIP = 4, 64
_SIDES = {1: "buy", -1: "sell", 0: None}


class TradeRow(NamedTuple):
    """One trade as a caller sees it: time in microseconds UTC, the taker's side.

    `trade_id` is None for sources without ids; `last_trade_id` is told for
    aggregates only.
    """

    trade_id: int | None
    time: int
    price: float
    size: float
    side: str | None
    last_trade_id: int | None


class Position(NamedTuple):
    """A place between two trades: behind `passed` trades of one time (microseconds) and id."""

    time: int
    id: int
    passed: int


class TradePage(NamedTuple):
    """Trades in order, and where the next page begins; None at the end."""

    rows: list[TradeRow]
    next_position: Position | None


class Entry(NamedTuple):
    """A batch of the journal: its name, the version of the state that it came with.

    Neither it nor any after it holds a trade before `first_ms`.
    """

    first_ms: int
    name: str
    trades: Trades

    @property
    def version(self) -> int:
        """Which transaction of its symbol wrote it."""
        return int(self.name.split("-")[0])


class TradeReader:
    """Read the journal, in Redis and in its files, by time."""

    def __init__(self, client: "redis.Redis", archive: JournalArchive) -> None:
        self._journal = Journal(client)
        self._archive = archive

    def page(
        self,
        platform: str,
        symbol: str,
        start: int,
        end: int,
        limit: int,
        after: Position | None = None,
    ) -> TradePage:
        """Return at most `limit` trades of `start..end` (microseconds, both included).

        `after` continues where the page before ended.
        """
        begin = max(start, after.time) if after else start
        nearest = _Nearest(after.time if after else begin - 1, limit, end)
        parts: list[Trades] = []
        for entry in self.entries(platform, symbol, begin // 1_000, end // 1_000):
            if nearest.until < entry.first_ms * 1_000:
                break
            time = entry.trades.time
            inside = (time >= begin) & (time <= nearest.until)
            if inside.any():
                parts.append(entry.trades if inside.all() else entry.trades.take(inside))
                nearest.add(parts[-1].time)
        return _page(parts, limit, after)

    def between(self, platform: str, symbol: str, first_ms: int, last_ms: int) -> list[Trades]:
        """Return all trades of `first_ms..last_ms`, both included, in batches each in order."""
        chosen = []
        for entry in self.entries(platform, symbol, first_ms, last_ms):
            time = entry.trades.time
            inside = (time >= first_ms * 1_000) & (time <= last_ms * 1_000 + 999)
            if inside.any():
                chosen.append(entry.trades.take(inside).in_order())
        return chosen

    def entries(self, platform: str, symbol: str, first_ms: int, last_ms: int) -> Iterator[Entry]:
        """Yield batches that may hold trades of the range, by the times of their first trades."""
        span = first_ms * 1_000, last_ms * 1_000 + 999
        # Names first: what moves to a file meanwhile is then found in the file.
        held = self._journal.names(platform, symbol, first_ms, last_ms)
        hours = [
            hour
            for hour in self._archive.hours(platform, symbol)
            if first_ms - 2 * SPAN_MS < hour <= last_ms
        ]
        seen: set[str] = set()
        at = 0
        for hour in [*hours, None]:
            until = len(held) if hour is None else _count_before(held, hour)
            yield from self._from_redis(platform, symbol, held[at:until], seen, span)
            at = max(at, until)
            if hour is not None:
                # Entries in Redis may begin anywhere in the hour of a file, too.
                follows = held[at][0] if at < len(held) else last_ms
                yield from self._from_file(platform, symbol, hour, seen, span, follows)

    def kept_from(self, platform: str, symbol: str) -> int:
        """Return since when a market's trades are kept (epoch ms); 0 where all are."""
        return self._archive.kept_from(platform, symbol)

    def days(self, platform: str, symbol: str) -> list[int]:
        """Return the days (epoch ms of their beginning) of which the journal may hold trades."""
        day = 24 * SPAN_MS
        held = [first_ms for first_ms, _ in self._journal.names(platform, symbol, 0, 2**53)]
        starts = [*held, *self._archive.hours(platform, symbol)]
        return sorted({at // day * day for start in starts for at in (start, start + SPAN_MS)})

    def _from_file(
        self,
        platform: str,
        symbol: str,
        hour: int,
        seen: set[str],
        span: tuple[int, int],
        follows: int,
    ) -> Iterator[Entry]:
        """Yield a file's entries; of those after them none begins before `follows` (ms)."""
        for first, name, batch in self._archive.entries(platform, symbol, hour, *span):
            # While a batch moves to its file it is in both.
            if name not in seen:
                seen.add(name)
                yield Entry(min(first // 1_000, follows), name, batch)

    def _from_redis(
        self,
        platform: str,
        symbol: str,
        held: list[tuple[int, str]],
        seen: set[str],
        span: tuple[int, int],
    ) -> Iterator[Entry]:
        start, count = 0, FIRST_TRIP
        while start < len(held):
            chunk = [row for row in held[start : start + count] if row[1] not in seen]
            found = self._journal.read(platform, symbol, [name for _, name in chunk])
            moved = {at // SPAN_MS * SPAN_MS for at, name in chunk if name not in found}
            for hour in sorted(moved):
                yield from self._from_file(platform, symbol, hour, seen, span, chunk[0][0])
            for first_ms, name in chunk:
                if name in found:
                    seen.add(name)
                    yield Entry(first_ms, name, found[name])
            start, count = start + count, min(2 * count, ENTRIES_A_TRIP)


def _count_before(held: list[tuple[int, str]], first_ms: int) -> int:
    return int(np.searchsorted([at for at, _ in held], first_ms))


class _Nearest:
    """The times next after an instant: as many as a page tells, and one more.

    No trade later than `until` (microseconds) can be of the page.
    """

    def __init__(self, after: int, limit: int, end: int) -> None:
        self.until = end
        self._after, self._limit = after, limit
        self._count = 0
        self._times: list[Ints] = []

    def add(self, time: Ints) -> None:
        """Note the times of more trades, in any order."""
        self._times.append(time[time > self._after])
        self._count += len(self._times[-1])
        if self._count > self._limit:
            nearest = np.sort(np.concatenate(self._times), kind="stable")[: self._limit + 1]
            self.until, self._times, self._count = int(nearest[-1]), [nearest], len(nearest)


class _Sorted(NamedTuple):
    """Positions of trades in order: in which batch, at which row, and their time and id."""

    part: Ints
    row: Ints
    time: Ints
    id: Ints


def _page(parts: list[Trades], limit: int, after: Position | None) -> TradePage:
    if not parts:
        return TradePage([], None)
    found = _sort(parts)
    passed = _passed(found, after)
    chosen = slice(passed, passed + limit)
    following = None
    if len(found.time) > passed + limit:
        last = passed + limit - 1
        place = int(found.time[last]), int(found.id[last])
        following = Position(*place, int(_same(found, place)[: last + 1].sum()))
    return TradePage(_rows(parts, found.part[chosen], found.row[chosen]), following)


def _sort(parts: list[Trades]) -> _Sorted:
    """Return the order of all trades: by time, then by their places at one instant."""
    lengths = [len(part) for part in parts]
    number = np.repeat(np.arange(len(parts)), lengths)
    row = np.concatenate([np.arange(length) for length in lengths])
    time = np.concatenate([part.time for part in parts])
    place = np.concatenate([part.places()[1] for part in parts])
    order = np.lexsort((place, time))
    return _Sorted(number[order], row[order], time[order], place[order])


def _same(found: _Sorted, place: tuple[int, int]) -> NDArray[np.bool_]:
    return np.asarray((found.time == place[0]) & (found.id == place[1]))


def _passed(found: _Sorted, after: Position | None) -> int:
    """Return how many of the sorted trades an earlier page has told already."""
    if after is None:
        return 0
    before = (found.time < after.time) | ((found.time == after.time) & (found.id < after.id))
    same = int(_same(found, (after.time, after.id)).sum())
    return int(before.sum()) + min(same, after.passed)


def _rows(parts: list[Trades], part: Ints, row: Ints) -> list[TradeRow]:
    """Return those rows of those parts, in their order."""
    count = len(part)
    time, side = np.empty(count, np.int64), np.empty(count, np.int8)
    price, size = np.empty((2, count), np.float64)
    # Filled with None: where there are no ids, and where a trade is no aggregate.
    identity, until = np.empty((2, count), object)
    for number in np.unique(part).tolist():
        at = np.flatnonzero(part == number)
        batch = parts[number].take(row[at])
        time[at], side[at] = batch.time, batch.side
        price[at], size[at] = batch.prices(), batch.sizes()
        if batch.kind is not IdKind.NONE:
            identity[at] = batch.first_id.tolist()
        if batch.kind is IdKind.AGGREGATE:
            until[at] = batch.last_id.tolist()
    columns = (time.tolist(), price.tolist(), size.tolist(), map(_SIDES.get, side.tolist()))
    return list(map(TradeRow, identity.tolist(), *columns, until.tolist()))
