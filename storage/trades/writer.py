"""Write batches of trades so that each has its effect exactly once.

All that a batch changes (journal, tick series, candles, aggregates, ids seen)
goes into one transaction that fails if anyone else wrote the symbol meanwhile.
A batch that comes again finds its ids seen; one that was cut off left nothing.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import redis

from core.messages import IdKind
from core.series import Series
from storage import keys
from storage.journal import journal, ticks
from storage.journal.columns import Trades
from storage.journal.time_series import SeriesKeys, candle_samples, failed_elements
from storage.optimistic import until_undisturbed
from storage.trades import building
from storage.trades.deduplicate import keep_fresh
from storage.trades.edges import Edges
from storage.trades.held import SeriesMissing, read_held, watched_keys
from storage.trades.identical import drop_repeated
from storage.trades.live import LiveKind, candle_message
from storage.trades.state import SymbolState, pack_state


class Written(NamedTuple):
    """What became of one symbol's part of a batch."""

    symbol: str
    new: int
    duplicates: int
    late: int


class TradeWriter:
    """Write trades of many symbols of one platform; safe beside other writers.

    `aggregate_days` is how long candles can still take late trades; older ones
    are journaled and counted as not applied. `tick_days` bounds the
    per-millisecond series (0: no bound).
    """

    def __init__(
        self, client: "redis.Redis", *, aggregate_days: float = 3, tick_days: int = 30
    ) -> None:
        self._client: Any = client
        self._aggregate_ms = round(aggregate_days * 86_400_000)
        self._tick_ms = tick_days * 86_400_000
        self._series = SeriesKeys(client, self._tick_ms)
        self._journal = journal.Journal(client)

    def write(self, platform: str, batches: dict[str, list[Trades]]) -> list[Written]:
        """Store what is new of each symbol's batches, in one transaction.

        Raises `RedisUnavailable` or `StorageFull`; then nothing was stored, or all.
        """

        def attempt() -> list[Written]:
            for symbol in batches:
                self._series.ensure(platform, symbol)
            try:
                return self._transaction(platform, batches)
            except SeriesMissing:
                self._mark_dirty(platform, batches)
                raise

        return until_undisturbed(attempt, (SeriesMissing,))

    def _transaction(self, platform: str, batches: dict[str, list[Trades]]) -> list[Written]:
        with self._client.pipeline() as pipe:
            pipe.watch(*watched_keys(platform, batches))
            wanted = {symbol: building.openings(parts) for symbol, parts in batches.items()}
            held = read_held(self._client, platform, wanted)
            pipe.multi()
            written, samples = [], []
            for symbol, (state, candles) in held.items():
                result, rows = self._queue(pipe, platform, symbol, state, candles, batches[symbol])
                written.append(result)
                samples += rows
            if samples:
                pipe.execute_command("TS.MADD", *samples)
            replies = pipe.execute()
        if samples and (failed := failed_elements(replies[-1])):
            names = {samples[3 * position] for position in failed}
            self._mark_dirty(platform, {name.split(":")[2] for name in names})
        return written

    def _queue(
        self,
        pipe: Any,
        platform: str,
        symbol: str,
        state: SymbolState,
        held: building.Held,
        batches: list[Trades],
    ) -> tuple[Written, list[Any]]:
        """Queue one symbol's changes; returns what they are and its TS.MADD arguments."""
        fresh, duplicates = self._fresh(platform, symbol, state, batches)
        state.duplicates += duplicates
        new = sum(map(len, fresh))
        if not new:
            # Only the counter changes: written without a new version.
            pipe.set(keys.symbol_state(platform, symbol), pack_state(state))
            return Written(symbol, 0, duplicates, 0), []
        late = sum(int((batch.time < state.watermark).sum()) for batch in fresh)
        state.version, state.trades, state.late = (
            state.version + 1,
            state.trades + new,
            state.late + late,
        )
        state.watermark = max(state.watermark, *(int(batch.time.max()) for batch in fresh))
        journal.append(pipe, platform, symbol, state.version, fresh)
        samples = self._tick_samples(platform, symbol, state, fresh)
        floor = (state.watermark // 1_000 - self._aggregate_ms) // 1_000
        changes = building.apply(building.sum_up(fresh), held, state, floor)
        building.close_passed(state, changes, held)
        samples += _candle_samples(pipe, platform, symbol, changes)
        pipe.set(keys.symbol_state(platform, symbol), pack_state(state))
        for batch in fresh:
            pipe.publish(keys.live(platform, symbol), LiveKind.TRADES.encode() + batch.to_bytes())
        told = {key: changes.aggregates[key] for key in changes.write}
        pipe.publish(keys.live(platform, symbol), candle_message(told, changes.flags))
        return Written(symbol, new, duplicates, late), samples

    def _fresh(
        self, platform: str, symbol: str, state: SymbolState, batches: list[Trades]
    ) -> tuple[list[Trades], int]:
        fresh: list[Trades] = []
        duplicates = 0
        for batch in batches:
            seen = state.seen_ids
            kept, seen, repeated, overlaps = keep_fresh(batch, seen)
            if batch.kind is IdKind.NONE:
                kept, repeated = drop_repeated(self._journal, platform, symbol, kept, fresh)
            elif len(kept):
                state.edges = Edges.from_bytes(state.edges).moved(kept, seen).to_bytes()
            state.seen = seen.to_bytes()
            state.overlaps += overlaps
            duplicates += repeated
            if len(kept):
                fresh.append(kept)
        return fresh, duplicates

    def _tick_samples(
        self, platform: str, symbol: str, state: SymbolState, fresh: list[Trades]
    ) -> list[Any]:
        samples: list[Any] = []
        for batch in fresh:
            new = ticks.collapse(batch)
            before = new.ms[new.ms <= state.last_ms]
            if len(before):
                new = ticks.combine(new, ticks.read_held(self._client, platform, symbol, before))
            state.last_ms = max(state.last_ms, int(new.ms[-1]))
            if self._tick_ms:
                # Redis refuses samples that are past their retention already.
                new = ticks.newer(new, state.last_ms - self._tick_ms)
            samples += ticks.samples(platform, symbol, new)
        return samples

    def _mark_dirty(self, platform: str, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            self._series.forget(platform, symbol)
            self._client.sadd(keys.DIRTY_INDEX, f"{platform}:{symbol}")


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
    return samples
