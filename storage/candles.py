"""Candles in RedisTimeSeries: written so that repeating changes nothing, read as columns."""

import secrets
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import redis
from redis.exceptions import ResponseError, WatchError

from core.errors import RedisUnavailable, TickcastError
from core.series import Series, make_series
from storage import keys
from storage.candle_columns import Candles
from storage.candle_merge import Merge, Samples, WriteResult, merge
from storage.candle_replies import FIELDS, times, to_candles
from storage.redis_connection import redis_errors

CHUNK = 2_000
_ATTEMPTS = 50
_MISSING = "does not exist"


class Extent(msgspec.Struct, frozen=True):
    """Openings of the first and last candle held (s UTC), and how many there are."""

    first: int
    last: int
    count: int


class CandleStore:
    """Candles by series. Every method may raise `RedisUnavailable`; writing, `StorageFull`.

    Candles older than `retention_days` before the newest of their series are
    dropped; 0 keeps all.
    """

    def __init__(self, client: "redis.Redis", retention_days: int = 0) -> None:
        self._client = client
        self._retention = retention_days * 86_400

    def write(self, series: Series, candles: Candles) -> WriteResult:
        """Store candles and say what changed; see `storage.candle_merge.merge` for the rules.

        Idempotent and safe beside other writers of the same series. Each chunk of
        2,000 candles is one transaction: after an error the chunks before it are
        stored, and writing all again is right.
        """
        total = WriteResult()
        with redis_errors():
            for chunk in _chunks(candles, series.resolution):
                total = total.plus(self._write_chunk(series, chunk))
        return total

    def read(
        self,
        series: Series,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
        newest: bool = False,
    ) -> Candles:
        """Return candles that open in `start..end` (s, both included), oldest first.

        `limit` takes the first ones, or with `newest` the last ones. An unknown
        series has none.
        """
        command = "TS.REVRANGE" if newest else "TS.RANGE"
        tail = () if limit is None else ("COUNT", limit)
        with redis_errors():
            pipeline: Any = self._client.pipeline(transaction=True)
            for field in FIELDS:
                pipeline.execute_command(command, _key(series, field), *_range(start, end), *tail)
            replies = [_or_empty(reply) for reply in pipeline.execute(raise_on_error=False)]
        return to_candles([reply[::-1] for reply in replies] if newest else replies)

    def count(self, series: Series, start: int | None = None, end: int | None = None) -> int:
        """Return how many candles open in `start..end` (s, both included)."""
        return len(self._times(series, start, end))

    def extent(self, series: Series) -> Extent | None:
        """Return the span and the number of candles held, None if there are none."""
        held = self._times(series, None, None)
        return Extent(int(held[0]), int(held[-1]), len(held)) if len(held) else None

    def gaps(self, series: Series, start: int, end: int) -> list[tuple[int, int]]:
        """Return the missing openings of the grid in `start..end` (end excluded, s).

        Each is a half-open pair: the first missing opening, and the opening held
        again (or the first grid opening at or after `end`).
        """
        step = series.resolution
        first, stop = -(-start // step) * step, -(-end // step) * step
        held = self._times(series, first, stop - 1)
        edges = np.concatenate(([first - step], held, [stop]))
        holes = np.flatnonzero(np.diff(edges) > step)
        return [(int(edges[n]) + step, int(edges[n + 1])) for n in holes]

    def all_series(self) -> list[Series]:
        """Return every series that candles were ever stored for, sorted."""
        with redis_errors():
            names: Any = self._client.smembers(keys.SERIES_INDEX)
        return sorted(make_series(*name.decode().split(":")) for name in names)

    def delete(self, series: Series) -> None:
        """Remove all candles of a series."""
        with redis_errors():
            pipeline: Any = self._client.pipeline(transaction=True)
            pipeline.delete(*(_key(series, field) for field in FIELDS), keys.candle_state(series))
            pipeline.srem(keys.SERIES_INDEX, str(series))
            pipeline.execute()

    def _times(self, series: Series, start: int | None, end: int | None) -> Any:
        with redis_errors():
            try:
                key = keys.candle(series, "close")
                client: Any = self._client
                return times(client.execute_command("TS.RANGE", key, *_range(start, end)))
            except ResponseError as error:
                if _MISSING not in str(error):
                    raise
        return np.empty(0, np.int64)

    def _write_chunk(self, series: Series, chunk: Candles) -> WriteResult:
        for attempt in range(_ATTEMPTS):
            try:
                return self._try_chunk(series, chunk)
            except WatchError:
                time.sleep(0.001 * min(attempt, 20))
        raise RedisUnavailable("Too many writers at once; try again.")

    def _try_chunk(self, series: Series, chunk: Candles) -> WriteResult:
        pipeline: Any = self._client.pipeline(transaction=True)
        with pipeline:
            pipeline.watch(keys.candle_state(series))
            held = self.read(series, int(chunk.time[0]), int(chunk.time[-1]))
            merged = merge(held, chunk)
            if merged.changes:
                self._apply(pipeline, series, merged)
        return merged.result

    def _apply(self, pipeline: Any, series: Series, merged: Merge) -> None:
        missing = [field for field in FIELDS if not self._client.exists(_key(series, field))]
        pipeline.multi()
        for field in missing:
            pipeline.execute_command(*_create(series, field, self._retention))
        for samples in merged.changes:
            pipeline.execute_command("TS.MADD", *_arguments(series, samples))
        pipeline.hset(keys.candle_state(series), "write", secrets.token_hex(8))
        pipeline.sadd(keys.SERIES_INDEX, str(series))
        answers = pipeline.execute()[len(missing) : -2]
        for samples, answer in zip(merged.changes, answers, strict=True):
            if answer != (samples.time * 1_000).tolist():
                raise TickcastError("Redis refused a candle.")


def _chunks(candles: Candles, resolution: int) -> Iterator[Candles]:
    first = 0
    while first < len(candles):
        # A chunk spans little even if its candles are far apart: what is held there is read.
        reach = candles.time[first] + 2 * CHUNK * resolution
        last = min(first + CHUNK, int(np.searchsorted(candles.time, reach)))
        yield candles.take(slice(first, last))
        first = last


def _key(series: Series, field: str) -> str:
    return keys.flags(series) if field == "flags" else keys.candle(series, field)


def _range(start: int | None, end: int | None) -> tuple[str | int, str | int]:
    return ("-" if start is None else max(start, 0) * 1_000, "+" if end is None else end * 1_000)


def _or_empty(reply: Any) -> Any:
    if isinstance(reply, ResponseError) and _MISSING in str(reply):
        return []
    if isinstance(reply, Exception):
        raise reply
    return reply


def _create(series: Series, field: str, retention: int) -> tuple[str | int, ...]:
    labels = {"platform": series.platform, "symbol": series.symbol}
    labels |= {"resolution": str(series.resolution), "field": field}
    pairs = [part for pair in labels.items() for part in pair]
    options = ("RETENTION", retention * 1_000, "DUPLICATE_POLICY", "LAST")
    return ("TS.CREATE", _key(series, field), *options, "LABELS", *pairs)


def _arguments(series: Series, samples: Samples) -> list[Any]:
    arguments: list[Any] = [_key(series, samples.field)] * (3 * len(samples.time))
    arguments[1::3] = (samples.time * 1_000).tolist()
    arguments[2::3] = samples.values.tolist()
    return arguments
