"""Read trades back in the order in which they happened, a page at a time."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import redis

from storage.journal.archive import JournalArchive, Stamp
from storage.journal.columns import Trades
from storage.journal.journal import SPAN_MS, Journal
from storage.journal.pages import NearestTrades, Position, Stretch, TradePage

# A page is often full after a few entries.
FIRST_TRIP, ENTRIES_A_TRIP = 4, 64
# Where the entries of an hour overlap, all are read for a page: so many of the trades that come
# next are kept in order for the pages that follow, of so many markets or readers.
AHEAD, STRETCHES = 50_000, 4


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


class Mark(NamedTuple):
    """What is held of a span: the entries in Redis, and how its files stood.

    Whatever is written, moved or deleted there makes another one of it.
    """

    names: list[tuple[int, str]]
    files: dict[int, Stamp | None]

    def until(self, last_ms: int) -> "Mark":
        """Return the mark of the part of the span that ends then."""
        files = {hour: stamp for hour, stamp in self.files.items() if hour <= last_ms}
        return Mark([one for one in self.names if one[0] <= last_ms], files)


class _Kept(NamedTuple):
    """A stretch of a market's trades, and the mark of the journal when it was read."""

    market: tuple[str, str]
    mark: Mark
    stretch: Stretch


class TradeReader:
    """Read the journal, in Redis and in its files, by time."""

    def __init__(self, client: "redis.Redis", archive: JournalArchive) -> None:
        self._journal = Journal(client)
        self._archive = archive
        # Replaced as a whole: several threads read it.
        self._kept: tuple[_Kept, ...] = ()

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
        begin, market = max(start, after.time) if after else start, (platform, symbol)
        for kept in self._kept:
            if kept.market == market and kept.stretch.begin <= begin <= kept.stretch.until:
                page = kept.stretch.page(kept.stretch.passed(begin, after), limit, end)
                if page and kept.mark == self._mark(*market, kept.stretch):
                    return page
        mark, stretch = self._read(market, begin, end, limit, after)
        passed = stretch.passed(begin, after)
        page = stretch.page(passed, limit, end)
        assert page is not None
        if len(stretch.time) > passed + 2 * limit:
            others = [one for one in self._kept if one.market != market]
            self._kept = (_Kept(market, mark, stretch), *others)[:STRETCHES]
        return page

    def _read(
        self, market: tuple[str, str], begin: int, end: int, limit: int, after: Position | None
    ) -> tuple[Mark, Stretch]:
        """Read the trades of a page, and what lies beside them in the same entries."""
        first = begin if after is None else after.time + 1
        page = NearestTrades(first, end, limit)
        ahead = NearestTrades(first, end, max(limit, AHEAD))
        parts, mark, until = list[Trades](), Mark([], {}), end
        for entry in self.entries(*market, begin // 1_000, end // 1_000, mark):
            if page.until < entry.first_ms * 1_000:
                until = entry.first_ms * 1_000 - 1
                break
            time = entry.trades.time
            inside = (time >= begin) & (time <= ahead.until)
            if inside.any():
                parts.append(entry.trades if inside.all() else entry.trades.take(inside))
                page.add(parts[-1].time)
                ahead.add(parts[-1].time)
        stretch = Stretch.of(parts, begin, min(until, ahead.until))
        return mark.until(stretch.until // 1_000), stretch

    def _mark(self, platform: str, symbol: str, stretch: Stretch) -> Mark:
        """Return how the journal stands now where a stretch was read."""
        span = stretch.begin // 1_000, stretch.until // 1_000
        names = self._journal.names(platform, symbol, *span)
        hours = self._hours(platform, symbol, *span)
        return Mark(names, {hour: self._archive.stamp(platform, symbol, hour) for hour in hours})

    def _hours(self, platform: str, symbol: str, first_ms: int, last_ms: int) -> list[int]:
        """Return the hours (epoch ms) with files that may hold trades of a span."""
        hours = self._archive.hours(platform, symbol)
        return [hour for hour in hours if first_ms - 2 * SPAN_MS < hour <= last_ms]

    def between(self, platform: str, symbol: str, first_ms: int, last_ms: int) -> list[Trades]:
        """Return all trades of `first_ms..last_ms`, both included, in batches each in order."""
        chosen = []
        for entry in self.entries(platform, symbol, first_ms, last_ms):
            time = entry.trades.time
            inside = (time >= first_ms * 1_000) & (time <= last_ms * 1_000 + 999)
            if inside.any():
                chosen.append(entry.trades.take(inside).in_order())
        return chosen

    def entries(
        self,
        platform: str,
        symbol: str,
        first_ms: int,
        last_ms: int,
        mark: Mark | None = None,
    ) -> Iterator[Entry]:
        """Yield batches that may hold trades of the range, by the times of their first trades.

        What `mark` is told is how the journal stood just before it was read.
        """
        span = first_ms * 1_000, last_ms * 1_000 + 999
        # Names first: what moves to a file meanwhile is then found in the file.
        held = self._journal.names(platform, symbol, first_ms, last_ms)
        hours = self._hours(platform, symbol, first_ms, last_ms)
        mark = mark or Mark([], {})
        mark.names.extend(held)
        seen: set[str] = set()
        at = 0
        for hour in [*hours, None]:
            until = len(held) if hour is None else _count_before(held, hour)
            yield from self._from_redis(platform, symbol, held[at:until], seen, span)
            at = max(at, until)
            if hour is not None:
                # Entries in Redis may begin anywhere in the hour of a file, too.
                follows = held[at][0] if at < len(held) else last_ms
                mark.files[hour] = self._archive.stamp(platform, symbol, hour)
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
