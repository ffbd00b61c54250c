"""Write batches of trades so that each has its effect exactly once.

All that a batch changes (journal, tick series, candles, aggregates, ids seen)
goes into one transaction that fails if anyone else wrote the symbol meanwhile.
A batch that comes again finds its ids seen; one that was cut off left nothing.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import redis

from core.series import Series
from storage import keys
from storage.candles.candle_commands import queue_forget_packed
from storage.journal import journal, ticks
from storage.journal.archive import JournalArchive
from storage.journal.columns import Trades
from storage.journal.query import TradeReader
from storage.live.quality import QualityCount, queue_comparison, queue_counts
from storage.live.quarantine import KNOWN_ID, UNTOLD, queue_trades
from storage.optimistic import RightOfWay, until_undisturbed
from storage.trades import building
from storage.trades.held import SeriesMissing, watched_keys
from storage.trades.journaled import JournaledTrades
from storage.trades.live import LiveKind, candle_message
from storage.trades.read_before import Before, BeforeReader
from storage.trades.sort_out import SortedOut, Sorter
from storage.trades.state import pack_state
from storage.trades.time_series import SeriesKeys, candle_samples, failed_elements


class Written(NamedTuple):
    """What became of one symbol's part of a batch."""

    symbol: str
    new: int
    duplicates: int
    late: int
    quarantined: int = 0


class TradeWriter:
    """Write trades of many symbols of one platform, of any age; safe beside other writers.

    `archive` holds what is too old for Redis, where repetitions are looked up as
    well. `tick_days` bounds the per-millisecond series (0: no bound).
    """

    def __init__(
        self,
        client: "redis.Redis",
        archive: JournalArchive | None = None,
        *,
        tick_days: int = 30,
    ) -> None:
        self._client: Any = client
        self._tick_ms = tick_days * 86_400_000
        self._series = SeriesKeys(client, self._tick_ms)
        self._before = BeforeReader(client)
        files = archive or JournalArchive(client, Path("/nonexistent"))
        self._journaled = JournaledTrades(TradeReader(client, files))

    def write(self, platform: str, batches: dict[str, list[Trades]]) -> list[Written]:
        """Store what is new of each symbol's batches, in one transaction.

        Others may write the symbols meanwhile; it is tried again for some seconds.
        Raises `RedisUnavailable` or `StorageFull`; then nothing was stored, or all.
        """
        return self._write(platform, batches)

    def write_history(self, platform: str, symbol: str, batches: list[Trades]) -> list[Written]:
        """Store batches that touch many candles of a symbol to which live trades may come.

        Those go first, until they were first too often. Otherwise as `write`.
        """
        way = RightOfWay(self._client, keys.right_of_way(platform, symbol))
        return self._write(platform, {symbol: batches}, way)

    def _write(
        self, platform: str, batches: dict[str, list[Trades]], way: RightOfWay | None = None
    ) -> list[Written]:
        def attempt() -> list[Written]:
            for symbol in batches:
                self._series.ensure(platform, symbol)
            try:
                return self._transaction(platform, batches, gives_way=way is None)
            except SeriesMissing:
                self._mark_dirty(platform, batches)
                raise

        return until_undisturbed(attempt, (SeriesMissing,), way=way)

    def _transaction(
        self, platform: str, batches: dict[str, list[Trades]], *, gives_way: bool
    ) -> list[Written]:
        with self._client.pipeline() as pipe:
            pipe.watch(*watched_keys(platform, batches))
            found = self._before.read(platform, batches, gives_way=gives_way)
            pipe.multi()
            written, samples = [], []
            for symbol, read in found.items():
                result, rows = self._queue(pipe, platform, symbol, read, batches[symbol])
                written.append(result)
                samples += rows
            if samples:
                pipe.execute_command("TS.MADD", *samples)
            replies = pipe.execute()
        if samples:
            self._look_at_failures(platform, samples, replies[-1])
        return written

    def _queue(
        self, pipe: Any, platform: str, symbol: str, read: Before, batches: list[Trades]
    ) -> tuple[Written, list[Any]]:
        """Queue one symbol's changes; returns what they are and its TS.MADD arguments."""
        state, candles = read.state, read.candles
        sorter = Sorter(platform, symbol, state, read.ids, self._journaled)
        for batch in batches:
            sorter.take(batch)
        found = sorter.found
        new = sum(map(len, found.fresh))
        late = sum(int((batch.time < state.watermark).sum()) for batch in found.fresh)
        state.duplicates += found.duplicates
        state.overlaps += found.overlaps
        state.late += late
        queue_trades(pipe, platform, symbol, found.others, KNOWN_ID)
        queue_trades(pipe, platform, symbol, found.untold, UNTOLD)
        quarantined = sum(map(len, (*found.others, *found.untold)))
        queue_counts(pipe, platform, symbol, _counts(found, late))
        written = Written(symbol, new, found.duplicates, late, quarantined)
        if not new:
            # Only counters change: written without a new version.
            pipe.set(keys.symbol_state(platform, symbol), pack_state(state))
            return written, []
        state.version, state.trades = state.version + 1, state.trades + new
        state.watermark = max(state.watermark, *(int(batch.time.max()) for batch in found.fresh))
        journal.append(pipe, platform, symbol, state.version, found.fresh)
        for ids in read.ids.values():
            ids.queue(pipe, platform, symbol)
        state.seen, state.edges = (b"", b"") if 0 in read.ids else (state.seen, state.edges)
        samples = self._tick_samples(platform, symbol, read, found.fresh)
        if state.grids != read.grids:
            # What was built by others is built anew.
            pipe.sadd(keys.DIRTY_INDEX, f"{platform}:{symbol}")
            state.grids = read.grids
        changes = building.apply(building.sum_up(found.fresh, state.grids), candles, state)
        building.close_passed(state, changes, candles)
        samples += _candle_samples(pipe, platform, symbol, changes)
        pipe.set(keys.symbol_state(platform, symbol), pack_state(state))
        self._before.remember(platform, symbol, state)
        pipe.zadd(keys.DUE_INDEX, {f"{platform}:{symbol}": 0}, lt=True)
        _publish(pipe, platform, symbol, found.fresh, changes)
        return written, samples

    def _tick_samples(
        self, platform: str, symbol: str, read: Before, fresh: list[Trades]
    ) -> list[Any]:
        state, new = read.state, ticks.collapse_all(fresh)
        if self._tick_ms and len(new.ms):
            # Redis refuses samples that are past their retention already.
            new = ticks.newer(new, max(int(new.ms[-1]), state.last_ms) - self._tick_ms)
        before = new.ms[new.ms <= state.last_ms]
        if len(before):
            held = read.newest
            if before.tolist() != list(held):
                held = ticks.read_held(self._client, platform, symbol, before)
            new = ticks.combine(new, held)
        if len(new.ms):
            state.last_ms = max(state.last_ms, int(new.ms[-1]))
        return ticks.samples(platform, symbol, new)

    def _look_at_failures(self, platform: str, samples: list[Any], reply: Any) -> None:
        """Have symbols rebuilt whose samples failed; count those that are past a retention."""
        dirty: set[str] = set()
        for position in failed_elements(reply):
            symbol = samples[3 * position].split(":")[2]
            if "retention" in str(reply[position]).lower():
                queue_counts(self._client, platform, symbol, {QualityCount.UNAPPLIED: 1})
            else:
                dirty.add(symbol)
        self._mark_dirty(platform, dirty)

    def _mark_dirty(self, platform: str, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            self._series.forget(platform, symbol)
            self._client.sadd(keys.DIRTY_INDEX, f"{platform}:{symbol}")


def _counts(found: SortedOut, late: int) -> dict[QualityCount, int]:
    return {
        QualityCount.LATE: late,
        QualityCount.DUPLICATES: found.duplicates,
        QualityCount.OVERLAPS: found.overlaps,
        QualityCount.QUARANTINED: sum(map(len, (*found.others, *found.untold))),
        QualityCount.EPOCHS: found.epochs,
    }


def _candle_samples(
    pipe: Any, platform: str, symbol: str, changes: building.CandleChanges
) -> list[Any]:
    samples: list[Any] = []
    for (resolution, opening), part in changes.aggregates.items():
        series = Series(platform, symbol, resolution)
        pipe.hset(keys.aggregates(series), str(opening), part.to_bytes())
        if (resolution, opening) in changes.write:
            samples += candle_samples(series, opening, part)
    touched = {resolution for resolution, _ in changes.flags}
    for (resolution, opening), flag in changes.flags.items():
        series = Series(platform, symbol, resolution)
        samples += (keys.flags(series), opening * 1_000, int(flag))
    for resolution in touched:
        state_key = keys.candle_state(Series(platform, symbol, resolution))
        pipe.hincrby(state_key, "version", 1)
    queue_forget_packed(pipe, platform, symbol, {*changes.write, *changes.flags})
    queue_comparison(pipe, platform, symbol, changes.beside)
    if changes.lost:
        pipe.sadd(keys.DIRTY_INDEX, f"{platform}:{symbol}")
    return samples


def _publish(
    pipe: Any,
    platform: str,
    symbol: str,
    fresh: list[Trades],
    changes: building.CandleChanges,
) -> None:
    for batch in fresh:
        pipe.publish(keys.live(platform, symbol), LiveKind.TRADES.encode() + batch.to_bytes())
    told = {key: changes.aggregates[key] for key in changes.write}
    pipe.publish(keys.live(platform, symbol), candle_message(told, changes.flags))
