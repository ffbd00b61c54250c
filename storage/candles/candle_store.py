"""Candles in RedisTimeSeries: written so that repeating changes nothing, read as columns."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import redis

from core.clock.openings import openings
from core.clock.resolutions import DAY
from core.clock.times import LATEST_MS
from core.series import Series, make_series
from storage import keys
from storage.candles import candle_reads
from storage.candles.candle_columns import Candles, Integers
from storage.candles.candle_commands import PLAIN_FIELDS, own_keys
from storage.candles.candle_merge import WriteResult
from storage.candles.candle_writes import ChunkWriter
from storage.candles.series_facts import SeriesFactsStore
from storage.candles.series_state import SeriesState, ask_state
from storage.optimistic import until_undisturbed
from storage.redis_connection import redis_errors

__all__ = ["CandleStore", "Extent", "WriteResult"]

CHUNK = 2_000
_TIMEOUT_S = 30


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
        self._retention = retention_days * DAY
        self._facts = SeriesFactsStore(client)

    def write(self, series: Series, candles: Candles) -> WriteResult:
        """Store candles and say what changed; `candle_merge.merge` states the rules.

        Idempotent, and safe beside other writers of the same series. Each chunk of
        2,000 candles is one transaction: after an error the chunks before it are
        stored, and writing all again is right. Candles that are too old for the
        retention count as unchanged. Raises `ValueError` for candles that do not
        ascend or are not finite: those from outside go through `check_candles` first.
        """
        total = WriteResult()
        _check(candles)
        with redis_errors():
            for chunk in _chunks(candles, series.resolution):
                total = total.plus(self._write_chunk(series, chunk, int(candles.time[-1])))
        return total

    def read(
        self,
        series: Series,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
        newest: bool = False,
        counts: bool = True,
    ) -> Candles:
        """Return candles that open in `start..end` (s, both included), oldest first.

        `limit` takes the first ones, or with `newest` the last ones. An unknown
        series has none. Beyond 5,000 candles, several snapshots are read. Without `counts`
        how many trades they had is left unknown.
        """
        wanted = candle_reads.Wanted(start, end, limit, newest, counts)
        with redis_errors():
            return candle_reads.read_candles(self._client, series, wanted)

    def states(self, every: Sequence[Series]) -> dict[Series, SeriesState]:
        """Return the state of each series: its mark is another once its candles were written."""
        if not every:
            return {}
        with redis_errors():
            pipeline: Any = self._client.pipeline(transaction=False)
            for series in every:
                ask_state(pipeline, series)
            replies = pipeline.execute()
        return {one: SeriesState.read(reply) for one, reply in zip(every, replies, strict=True)}

    def count(self, series: Series, start: int | None = None, end: int | None = None) -> int:
        """Return how many candles open in `start..end` (s, both included)."""
        with redis_errors():
            return candle_reads.count_candles(self._client, series, start, end)

    def times(self, series: Series, start: int = 0) -> Integers:
        """Return the openings of all candles held from `start` on, s."""
        with redis_errors():
            return candle_reads.read_times(self._client, series, start, LATEST_MS // 1_000)

    def extent(self, series: Series) -> Extent | None:
        """Return the span and the number of candles held, None if there are none."""
        with redis_errors():
            ends = candle_reads.first_and_last(self._client, series)
        return Extent(*ends, self.count(series)) if ends else None

    def ends(self, series: Sequence[Series]) -> list[tuple[int, int] | None]:
        """Return the first and the last opening (s) of each of some series, None without any."""
        with redis_errors():
            return candle_reads.ends_of_all(self._client, series)

    def gaps(self, series: Series, start: int, end: int) -> list[tuple[int, int]]:
        """Return the missing openings of the series' grid in `start..end` (s, `end` excluded).

        Each is a half-open pair: the first missing opening, and the opening held
        again (or the first of the grid at or after `end`).
        """
        grid = self._facts.get(series).grid
        beyond = openings(end, end + 2 * max(series.resolution, DAY), series.resolution, grid)[:1]
        wanted = np.concatenate([openings(start, end, series.resolution, grid), beyond])
        if len(wanted) < 2 or self.count(series, start, end - 1) == len(wanted) - 1:
            return []
        with redis_errors():
            held = candle_reads.read_times(self._client, series, start, end - 1)
        missing = np.flatnonzero(~np.isin(wanted[:-1], held))
        first = missing[np.diff(missing, prepend=-2) > 1]
        last = missing[np.diff(missing, append=len(wanted) + 1) > 1]
        return list(zip(wanted[first].tolist(), wanted[last + 1].tolist(), strict=True))

    def all_series(self) -> list[Series]:
        """Return every series that candles are held of, sorted."""
        with redis_errors():
            names: Any = self._client.smembers(keys.SERIES_INDEX)
        return sorted(make_series(*name.decode().split(":")) for name in names)

    def delete(self, series: Series) -> None:
        """Remove all candles of a series; it is no error if there are none."""
        with redis_errors():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.delete(*own_keys(series), keys.packed_candles(series))
            pipeline.srem(keys.SERIES_INDEX, str(series))
            pipeline.execute()

    def _write_chunk(self, series: Series, chunk: Candles, newest: int) -> WriteResult:
        writer = ChunkWriter(self._client, series, self._retention)
        return until_undisturbed(lambda: writer.write(chunk, newest), timeout_s=_TIMEOUT_S)


def _check(candles: Candles) -> None:
    finite = all(np.isfinite(candles.columns()[name]).all() for name in PLAIN_FIELDS)
    if not finite or (np.diff(candles.time) <= 0).any():
        raise ValueError("Candles to be stored must ascend and be finite.")


def _chunks(candles: Candles, resolution: int) -> Iterator[Candles]:
    first = 0
    while first < len(candles):
        # All that is held in a chunk's span is read: candles far apart make small chunks.
        reach = candles.time[first] + 2 * CHUNK * resolution
        last = min(first + CHUNK, int(np.searchsorted(candles.time, reach)))
        yield candles.take(slice(first, last))
        first = last
