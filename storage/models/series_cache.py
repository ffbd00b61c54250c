"""Series of the next candle, ready to be given out: chunks in Redis, whole at any moment.

A rebuild writes its chunks beside the old ones, under a generation of its own,
and is seen when all are there: one key says which generation counts. The old
one stays for a minute, for those who are reading it. All of this follows from
candles and a stored model, and can be made again.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import redis

from core.errors import CorruptArtifact
from core.series import Series
from storage import keys
from storage.models.series_chunks import Chunk, bucket_of, chunk_of
from storage.redis_connection import redis_errors

# What nobody publishes is forgotten after an hour, what was replaced after a minute (s).
_DRAFT_S, _REPLACED_S = 3_600, 60
# An answer waits so long for the caller who asked for it (s).
_ANSWER_S = 600
_ABOUT = b"about"
_ATTEMPTS = 5

# Publishes a generation if the one that it is to replace still counts.
_PUBLISH = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('PERSIST', KEYS[3])
redis.call('SET', KEYS[1], ARGV[2])
if ARGV[1] ~= '' then redis.call('EXPIRE', KEYS[2], ARGV[3]) end
return 1
"""
# Adds to a generation if it still counts.
_EXTEND = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], unpack(ARGV, 2))
return 1
"""


class SeriesAbout(msgspec.Struct, frozen=True):
    """What a cached series holds: points that open from `first` to `last` (s), None for none.

    `run_id` is the training whose model speaks; of its fields `trained_at` is
    epoch ms, `validation_start` an opening (s). `last_candle` is the newest
    finished candle (opening, s) that was looked at.
    """

    run_id: str
    trained_at: int
    validation_start: int
    points: int
    first: int | None
    last: int | None
    last_candle: int | None


class CachedSeries(msgspec.Struct, frozen=True):
    """Chunks in order of time, and what they are part of."""

    about: SeriesAbout
    chunks: list[Chunk]


class SeriesCache:
    """Reads and writes cached series; every method may raise `RedisUnavailable`."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client: Any = client
        self._publish = client.register_script(_PUBLISH)
        self._extend = client.register_script(_EXTEND)

    def draft(self) -> str:
        """Return the name of a new generation."""
        return secrets.token_hex(8)

    def put(self, series: Series, generation: str, chunks: Mapping[int, Chunk]) -> None:
        """Write chunks of a generation that is not published yet."""
        key = keys.cached_series(series, generation)
        packed = {str(bucket): chunk.to_bytes() for bucket, chunk in chunks.items()}
        with redis_errors(), self._client.pipeline(transaction=True) as pipeline:
            if packed:
                pipeline.hset(key, mapping=packed)
            pipeline.expire(key, _DRAFT_S)
            pipeline.execute()

    def publish(self, series: Series, generation: str, about: SeriesAbout) -> None:
        """Make a generation the one that counts; whichever rebuild ends last wins."""
        key = keys.cached_series(series, generation)
        with redis_errors():
            self._client.hset(key, _ABOUT, msgspec.json.encode(about))
            for _ in range(_ATTEMPTS):
                before = self._current(series)
                names = [keys.cached_current(series), keys.cached_series(series, before), key]
                if self._publish(keys=names, args=[before, generation, _REPLACED_S]):
                    return
        raise CorruptArtifact("The cached series is replaced by too many at once.")

    def extend(
        self, series: Series, generation: str, chunks: Mapping[int, Chunk], about: SeriesAbout
    ) -> bool:
        """Replace or add chunks of the generation that counts; False if it no longer does."""
        fields: list[Any] = [_ABOUT, msgspec.json.encode(about)]
        for bucket, chunk in chunks.items():
            fields += [str(bucket), chunk.to_bytes()]
        names = [keys.cached_current(series), keys.cached_series(series, generation)]
        with redis_errors():
            return bool(self._extend(keys=names, args=[generation, *fields]))

    def about(self, series: Series) -> tuple[str, SeriesAbout] | None:
        """Return the generation that counts and what it holds, None if there is none."""
        with redis_errors():
            for _ in range(_ATTEMPTS):
                generation = self._current(series)
                if not generation:
                    return None
                found = self._client.hget(keys.cached_series(series, generation), _ABOUT)
                if found is not None:
                    return generation, _read_about(found)
        return None

    def read(self, series: Series, start: int | None, end: int | None) -> CachedSeries | None:
        """Return the chunks with points that open in `start..end` (s), None if nothing is cached.

        The first and the last may hold points outside. All are of one moment.
        """
        for _ in range(_ATTEMPTS):
            known = self.about(series)
            if known is None:
                return None
            generation, about = known
            wanted = _buckets(about, series.resolution, start, end)
            with redis_errors():
                key = keys.cached_series(series, generation)
                latest, *packed = self._client.hmget(key, [_ABOUT, *wanted])
            # A generation that was replaced meanwhile may be gone: then look again.
            if latest is not None:
                chunks = [chunk_of(content) for content in packed if content is not None]
                return CachedSeries(_read_about(latest), chunks)
        return None

    def put_answer(self, answer_id: str, about: SeriesAbout, chunks: Sequence[Chunk]) -> None:
        """Keep what was computed for one request until it is fetched."""
        key = keys.cached_answer(answer_id)
        with redis_errors(), self._client.pipeline(transaction=True) as pipeline:
            pipeline.delete(key)
            pipeline.rpush(key, msgspec.json.encode(about), *(c.to_bytes() for c in chunks))
            pipeline.expire(key, _ANSWER_S)
            pipeline.execute()

    def answer(self, answer_id: str) -> CachedSeries | None:
        """Return what was computed for a request, None if it is not there any more."""
        with redis_errors():
            found = self._client.lrange(keys.cached_answer(answer_id), 0, -1)
        if not found:
            return None
        return CachedSeries(_read_about(found[0]), [chunk_of(packed) for packed in found[1:]])

    def _current(self, series: Series) -> str:
        return (self._client.get(keys.cached_current(series)) or b"").decode()


def _read_about(found: bytes) -> SeriesAbout:
    return msgspec.json.decode(found, type=SeriesAbout)


def _buckets(about: SeriesAbout, resolution: int, start: int | None, end: int | None) -> list[str]:
    if about.first is None or about.last is None:
        return []
    first = about.first if start is None else max(start, about.first)
    last = about.last if end is None else min(end, about.last)
    if first > last:
        return []
    return [str(n) for n in range(bucket_of(first, resolution), bucket_of(last, resolution) + 1)]
