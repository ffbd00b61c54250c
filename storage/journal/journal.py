"""The journal: every accepted trade as it came, losslessly, in packed batches."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import redis
import zstandard

from core.clock.resolutions import HOUR
from storage import keys
from storage.journal.columns import Trades
from storage.redis_connection import redis_errors

# No entry spans more than an hour, so that a query by time knows where to look.
SPAN_MS = HOUR * 1_000
# Short ones are indexed apart, so that it need not look back an hour for them: the name of
# each index, and the longest span (ms) of its entries.
INDEXES = {"second": 1_000, "minute": 60_000, "index": SPAN_MS}


class _Zstandard(threading.local):
    """Each thread's own: shared by two at once, one would end the process."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=1)
        self.decompressor = zstandard.ZstdDecompressor()


_ZSTANDARD = _Zstandard()


def pack(trades: Trades) -> bytes:
    """Return a journal entry's bytes."""
    return _ZSTANDARD.compressor.compress(trades.to_bytes())


def unpack(packed: bytes) -> Trades:
    """Read a journal entry's bytes."""
    return Trades.from_bytes(_ZSTANDARD.decompressor.decompress(packed))


def index_of(span_ms: int) -> str:
    """Return the name of the index that holds entries of that span."""
    return next(name for name, longest in INDEXES.items() if span_ms < longest)


def split_by_hour(trades: Trades) -> Iterator[tuple[int, Trades]]:
    """Yield (first ms, trades) of each hour of trades that are in order."""
    if not len(trades):
        return
    hour = trades.time // (SPAN_MS * 1_000)
    starts = np.flatnonzero(np.diff(hour, prepend=hour[0] - 1))
    for start, end in zip(starts, [*starts[1:], len(trades)], strict=True):
        yield int(trades.time[start] // 1_000), trades.take(slice(start, end))


def append(pipe: Any, platform: str, symbol: str, version: int, batches: list[Trades]) -> None:
    """Queue the entries of one transaction, numbered by its `version`."""
    number = 0
    for batch in batches:
        for first_ms, part in split_by_hour(batch):
            entry = f"{version}-{number}"
            pipe.xadd(keys.journal(platform, symbol), {"b": pack(part)}, id=entry)
            span = index_of(int(part.time[-1] // 1_000) - first_ms)
            pipe.zadd(keys.journal_index(platform, symbol, span), {entry: first_ms})
            number += 1


class Journal:
    """Read the journal of a symbol."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def names(
        self, platform: str, symbol: str, start_ms: int, end_ms: int
    ) -> list[tuple[int, str]]:
        """Return (first ms, entry) of all that may hold trades of the range, by time."""
        with redis_errors():
            pipe: Any = self._client.pipeline(transaction=False)
            for span, longest in INDEXES.items():
                index = keys.journal_index(platform, symbol, span)
                pipe.zrangebyscore(index, start_ms - longest, end_ms, withscores=True)
            found = [row for rows in pipe.execute() for row in rows]
        return sorted((int(first_ms), name.decode()) for name, first_ms in found)

    def read(self, platform: str, symbol: str, names: Sequence[str]) -> dict[str, Trades]:
        """Return the batches of those entries that are in Redis still."""
        with redis_errors():
            pipe: Any = self._client.pipeline(transaction=False)
            for name in names:
                pipe.xrange(keys.journal(platform, symbol), name, name)
            replies = pipe.execute()
        return {
            name: unpack(fields[b"b"])
            for name, reply in zip(names, replies, strict=True)
            for _, fields in reply
        }

    def entries(self, platform: str, symbol: str, start_ms: int, end_ms: int) -> list[Trades]:
        """Return the batches that may hold trades from `start_ms` to `end_ms`, both included."""
        names = [name for _, name in self.names(platform, symbol, start_ms, end_ms)]
        return list(self.read(platform, symbol, names).values())

    def since(
        self, platform: str, cursors: Mapping[str, str], count: int = 100
    ) -> dict[str, list[tuple[str, Trades]]]:
        """Return for each symbol at most `count` (entry, batch) that came after its cursor."""
        with redis_errors():
            pipe = self._client.pipeline(transaction=False)
            for symbol, cursor in cursors.items():
                first = f"({cursor}" if cursor else "-"
                pipe.xrange(keys.journal(platform, symbol), first, count=count)
            replies: Any = pipe.execute()
        return {
            symbol: [(name.decode(), unpack(fields[b"b"])) for name, fields in rows]
            for symbol, rows in zip(cursors, replies, strict=True)
        }
