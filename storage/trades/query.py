"""Read trades back in the order in which they happened, a page at a time."""

import heapq
from collections.abc import Iterator
from typing import Any, NamedTuple

import redis

from core.messages import IdKind
from storage import keys
from storage.journal.archive import JournalArchive
from storage.journal.columns import Trades
from storage.journal.journal import SPAN_MS, unpack
from storage.redis_connection import redis_errors

ENTRIES_A_TRIP = 64
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


_Sorted = tuple[int, int, TradeRow]


class TradeReader:
    """Read the journal, in Redis and in its files, by time."""

    def __init__(self, client: "redis.Redis", archive: JournalArchive) -> None:
        self._client: Any = client
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
        rows: list[_Sorted] = []
        for first_ms, batch in self._batches(platform, symbol, begin // 1_000, end // 1_000):
            rows.sort(key=_position)
            full = _passed(rows, after) + limit
            if len(rows) > full and rows[full][0] < first_ms * 1_000:
                break
            rows += _rows(batch, begin, end)
        rows.sort(key=_position)
        passed = _passed(rows, after)
        chosen = [row for _, _, row in rows[passed : passed + limit]]
        return TradePage(chosen, _next(rows, passed + limit))

    def between(self, platform: str, symbol: str, first_ms: int, last_ms: int) -> list[Trades]:
        """Return all trades of `first_ms..last_ms`, both included, in batches each in order."""
        chosen = []
        for _, batch in self._batches(platform, symbol, first_ms, last_ms):
            inside = (batch.time >= first_ms * 1_000) & (batch.time <= last_ms * 1_000 + 999)
            chosen.append(batch.take(inside).in_order())
        return [batch for batch in chosen if len(batch)]

    def _batches(
        self, platform: str, symbol: str, first_ms: int, last_ms: int
    ) -> Iterator[tuple[int, Trades]]:
        """Yield batches that may hold trades of the range, by the times of their first trades."""
        seen: set[str] = set()
        sources = (
            self._from_files(platform, symbol, first_ms, last_ms),
            self._from_redis(platform, symbol, first_ms, last_ms),
        )
        for start, name, batch in heapq.merge(*sources, key=lambda found: found[0]):
            # While a batch moves to its file it is in both.
            if name not in seen:
                seen.add(name)
                yield start, batch

    def _from_files(
        self, platform: str, symbol: str, first_ms: int, last_ms: int
    ) -> Iterator[tuple[int, str, Trades]]:
        for hour in self._archive.hours(platform, symbol):
            if first_ms - 2 * SPAN_MS < hour <= last_ms:
                for name, batch in self._archive.entries(platform, symbol, hour):
                    yield hour, name, batch

    def _from_redis(
        self, platform: str, symbol: str, first_ms: int, last_ms: int
    ) -> Iterator[tuple[int, str, Trades]]:
        index, stream = keys.journal_index(platform, symbol), keys.journal(platform, symbol)
        offset, full = 0, True
        while full:
            with redis_errors():
                found = self._client.zrangebyscore(
                    index,
                    first_ms - SPAN_MS,
                    last_ms,
                    start=offset,
                    num=ENTRIES_A_TRIP,
                    withscores=True,
                )
                pipe = self._client.pipeline(transaction=False)
                for name, _ in found:
                    pipe.xrange(stream, name, name)
                replies = pipe.execute()
            for (name, score), reply in zip(found, replies, strict=True):
                for _, fields in reply:
                    yield int(score), name.decode(), unpack(fields[b"b"])
            offset, full = offset + len(found), len(found) == ENTRIES_A_TRIP


def _rows(batch: Trades, begin: int, end: int) -> list[_Sorted]:
    chosen = batch.take((batch.time >= begin) & (batch.time <= end))
    columns = (chosen.first_id, chosen.last_id, chosen.time, chosen.side)
    numbers = zip(*(column.tolist() for column in columns), strict=True)
    values = zip(chosen.prices().tolist(), chosen.sizes().tolist(), strict=True)
    known = batch.kind is not IdKind.NONE
    aggregate = batch.kind is IdKind.AGGREGATE
    rows = []
    for (first, last, time, side), (price, size) in zip(numbers, values, strict=True):
        identity, until = first if known else None, last if aggregate else None
        rows.append((time, last, TradeRow(identity, time, price, size, _SIDES[side], until)))
    return rows


def _position(row: _Sorted) -> tuple[int, int]:
    return row[0], row[1]


def _passed(rows: list[_Sorted], after: Position | None) -> int:
    """Return how many of the sorted rows an earlier page has told already."""
    if after is None:
        return 0
    place = (after.time, after.id)
    before = sum(1 for row in rows if _position(row) < place)
    same = sum(1 for row in rows if _position(row) == place)
    return before + min(same, after.passed)


def _next(rows: list[_Sorted], told: int) -> Position | None:
    if len(rows) <= told:
        return None
    place = _position(rows[told - 1])
    return Position(*place, sum(1 for row in rows[:told] if _position(row) == place))
