"""Closed candles packed beside their series: many are read in a few steps.

Redis' time series are the one truth. A chunk holds the candles of a span that ended an hour
ago; whoever writes a candle drops its chunk in the same transaction, and who next wants to
read the span makes it anew. So a chunk that is there is right, and one that is lost costs time.
"""

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any

import redis

from core.errors import StorageFull
from core.series import Series
from storage import keys
from storage.candles.candle_columns import Candles
from storage.candles.candle_commands import PACKED_CANDLES, draft, is_packed
from storage.candles.candle_reads import Wanted, first_and_last, read_candles
from storage.candles.packed.chunks import Chunk, chunk_of, pack
from storage.redis_connection import redis_errors

# Chunks that one question to Redis asks for, and that are made of one reading.
_ASKED, _MADE = 64, 4
# A series that nobody reads so for a day (s) is not kept twice.
_KEPT_S = 86_400

# Keeps chunks that nobody dropped since they were begun: a draft is dropped with its chunk.
_KEEP = """
for place = 2, #ARGV - 1, 2 do
  local draft = 'draft:' .. ARGV[place]
  if redis.call('HGET', KEYS[1], draft) == ARGV[1] then
    redis.call('HSET', KEYS[1], ARGV[place], ARGV[place + 1])
    redis.call('HDEL', KEYS[1], draft)
  end
end
redis.call('EXPIRE', KEYS[1], ARGV[#ARGV])
"""


class PackedCandles:
    """Reads candles through packed chunks; every method may raise `RedisUnavailable`."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client: Any = client
        self._keep = client.register_script(_KEEP)

    def read(self, series: Series, start: int | None = None, end: int | None = None) -> Candles:
        """Return the candles that open in `start..end` (s, both included), oldest first."""
        return Candles.join([chunk.candles() for chunk in self.chunks(series, start, end)])

    def chunks(
        self, series: Series, start: int | None = None, end: int | None = None
    ) -> Iterator[Chunk]:
        """Yield the candles that open in `start..end` in chunks, oldest first.

        Each is of one moment. What is written while they are read may or may not be among them.
        """
        with redis_errors():
            ends = first_and_last(self._client, series)
        if ends is None:
            return
        first = ends[0] if start is None else max(start, ends[0])
        last = ends[1] if end is None else min(end, ends[1])
        span = series.resolution * PACKED_CANDLES
        buckets = range(first // span, last // span + 1)
        for place in range(0, len(buckets), _ASKED):
            for chunk in self._part(series, buckets[place : place + _ASKED]):
                yield from _cut(chunk, first, last)

    def _part(self, series: Series, buckets: Sequence[int]) -> Iterator[Chunk]:
        """Yield the chunks of some spans, those that are kept as they are."""
        now = int(time.time())
        closed = [bucket for bucket in buckets if is_packed(series, bucket, now, packing=True)]
        kept = self._kept(series, closed)
        for is_there, group in groupby(buckets, key=kept.__contains__):
            members = list(group)
            if is_there:
                yield from (kept[bucket] for bucket in members)
                continue
            for place in range(0, len(members), _MADE):
                yield from self._made(series, members[place : place + _MADE], closed)

    def _kept(self, series: Series, buckets: Sequence[int]) -> dict[int, Chunk]:
        if not buckets:
            return {}
        name = keys.packed_candles(series)
        with redis_errors(), self._client.pipeline(transaction=False) as pipeline:
            pipeline.hmget(name, buckets)
            pipeline.expire(name, _KEPT_S)
            contents = pipeline.execute()[0]
        return {
            bucket: chunk_of(content)
            for bucket, content in zip(buckets, contents, strict=True)
            if content is not None
        }

    def _made(
        self, series: Series, buckets: Sequence[int], closed: Sequence[int]
    ) -> Iterator[Chunk]:
        """Yield chunks read from the time series; those that are closed are kept.

        A Redis that is full is read as ever, and keeps none.
        """
        span = series.resolution * PACKED_CANDLES
        wanted = Wanted(buckets[0] * span, (buckets[-1] + 1) * span - 1)
        name, token = keys.packed_candles(series), secrets.token_hex(8)
        kept = [bucket for bucket in buckets if bucket in closed]
        if kept:
            with suppress(StorageFull), redis_errors():
                self._client.hset(name, mapping={draft(bucket): token for bucket in kept})
        with redis_errors():
            held = read_candles(self._client, series, wanted)
        places = held.time // span
        chunks = {bucket: pack(held.take(places == bucket)) for bucket in buckets}
        if kept:
            made: list[Any] = [token]
            for bucket in kept:
                made += [bucket, chunks[bucket].to_bytes()]
            with suppress(StorageFull), redis_errors():
                self._keep(keys=[name], args=[*made, _KEPT_S])
        yield from chunks.values()


def _cut(chunk: Chunk, first: int, last: int) -> Iterator[Chunk]:
    """Yield what of a chunk opens in `first..last` (s), if anything does."""
    if not chunk.rows or chunk.last < first or last < chunk.first:
        return
    if first <= chunk.first and chunk.last <= last:
        yield chunk
        return
    candles = chunk.candles()
    inside = candles.take((candles.time >= first) & (candles.time <= last))
    if len(inside):
        yield pack(inside)
