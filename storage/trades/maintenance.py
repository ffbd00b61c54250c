"""What happens to candles without a new trade: they end, are mended, or are marked."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import redis

from core.clock.resolutions import DAY
from core.series import CandleFlag, Market, Series
from storage import keys
from storage.candles.candle_commands import queue_forget_packed
from storage.candles.live_grids import LIVE_RESOLUTIONS, CandleGrids, read_grids
from storage.journal import ticks
from storage.journal.archive import JournalArchive
from storage.journal.columns import Trades
from storage.journal.journal import Journal
from storage.journal.query import TradeReader
from storage.live.quality import QualityCount, queue_counts
from storage.optimistic import RightOfWay, optimistic
from storage.redis_connection import redis_errors
from storage.trades import building
from storage.trades.aggregates import Aggregate
from storage.trades.edges import Hole
from storage.trades.exclusion import Exclusions, Parts, rewrite_candles, without
from storage.trades.held import Openings, read_held, watched_keys
from storage.trades.seen_ids import SeenIds, blocks_of, legacy_seen, read_seen
from storage.trades.state import SymbolState, pack_state, unpack_state
from storage.trades.time_series import SeriesKeys

DAY_MS = DAY * 1_000


class TradeUpkeep:
    """Mend what `TradeWriter` cannot know of; safe beside it, and repeatable."""

    def __init__(self, client: "redis.Redis", archive: JournalArchive, tick_days: int = 30) -> None:
        self._client: Any = client
        self._reader = TradeReader(client, archive)
        self._journal = Journal(client)
        self._exclusions = Exclusions(client, archive)
        self._tick_ms = tick_days * 86_400_000

    def states(self, markets: Sequence[Market]) -> dict[Market, SymbolState]:
        """Return where each market's stream stands."""
        if not markets:
            return {}
        with redis_errors():
            packed = self._client.mget([keys.symbol_state(*market) for market in markets])
        return {m: unpack_state(one) for m, one in zip(markets, packed, strict=True)}

    def due(self, now_ms: int, most: int = 1_000) -> dict[Market, SymbolState]:
        """Return the markets that are to be looked after by now, the longest waiting first."""
        with redis_errors():
            if not self._client.exists(keys.DUE_INDEX):
                self._fill_due()
            names = self._client.zrangebyscore(keys.DUE_INDEX, "-inf", now_ms, start=0, num=most)
        return self.states([Market(*name.decode().split(":")) for name in names])

    def _fill_due(self) -> None:
        """Have every market looked after once: a version before kept no such index."""
        names = self._client.smembers(keys.TRADED_INDEX)
        if names:
            self._client.zadd(keys.DUE_INDEX, dict.fromkeys(names, 0))

    def look_after(self, market: Market, again_ms: int) -> None:
        """Say that a market is looked after; what is written meanwhile makes it due at once."""
        with redis_errors():
            self._client.zadd(keys.DUE_INDEX, {str(market): again_ms})

    def look_again(self, market: Market, at_ms: int) -> None:
        """Have a market looked after at a time (epoch ms), unless it is due before."""
        with redis_errors():
            self._client.zadd(keys.DUE_INDEX, {str(market): at_ms}, lt=True)

    def noted_versions(self) -> dict[str, int]:
        """Return up to which version of its state each market's silences were noted."""
        with redis_errors():
            found = self._client.hgetall(keys.QUIET_INDEX)
        return {name.decode(): int(version) for name, version in found.items()}

    def note_version(self, market: Market, version: int) -> None:
        """Note that a market's silences are noted up to a version."""
        with redis_errors():
            self._client.hset(keys.QUIET_INDEX, str(market), version)

    def close_quiet(self, platform: str, symbol: str, now_ms: int, grace_ms: int = 2_000) -> int:
        """Mark candles complete that ended `grace_ms` ago though no later trade came.

        Returns how many were marked.
        """
        state = unpack_state(self._client.get(keys.symbol_state(platform, symbol)))
        marked = 0
        for resolution, opening in state.open.items():
            if state.grids.end(opening, resolution) * 1_000 + grace_ms <= now_ms:
                series = Series(platform, symbol, resolution)
                marked += self.mark(series, opening, opening, clear=CandleFlag.PARTIAL)
        return marked

    def mark(
        self,
        series: Series,
        first: int,
        last: int,
        *,
        add: int = 0,
        clear: int = 0,
    ) -> int:
        """Change marks of the candles built from trades that open in `first..last` (s).

        Returns how many changed.
        """

        def change(pipe: Any) -> int:
            name = keys.flags(series)
            try:
                held = self._client.execute_command("TS.RANGE", name, first * 1_000, last * 1_000)
            except redis.ResponseError:
                return 0
            samples: list[Any] = []
            for stamp, value in held:
                before = int(float(value))
                after = (before | add) & ~clear
                if before & CandleFlag.FROM_TRADES and after != before:
                    samples += (name, stamp, int(after))
            pipe.multi()
            if samples:
                pipe.execute_command("TS.MADD", *samples)
                pipe.hincrby(keys.candle_state(series), "version", 1)
                written = ((series.resolution, stamp // 1_000) for stamp in samples[1::3])
                queue_forget_packed(pipe, series.platform, series.symbol, written)
            return len(samples) // 3

        way = RightOfWay(self._client, keys.right_of_way(series.platform, series.symbol))
        return optimistic(self._client, [keys.candle_state(series)], change, way)

    def mark_seen(self, platform: str, symbol: str, spans: Sequence[tuple[int, int]]) -> None:
        """Count ids (each span's first and last, both included) as seen: no trade has them.

        Their hole closes; a trade that came under one of them later would be set
        aside as another one's.
        """
        name = keys.symbol_state(platform, symbol)

        def change(pipe: Any) -> int:
            state = unpack_state(self._client.get(name))
            first, last = (np.array(ends, dtype=np.int64) for ends in zip(*spans, strict=True))
            epoch, blocks = len(state.epochs), blocks_of(first, last)
            fields = SeenIds.fields(epoch, blocks)
            replies = self._client.hmget(keys.seen_ids(platform, symbol), fields)
            ids = SeenIds(epoch, blocks, replies, legacy_seen(state, epoch))
            ids.add_spans(first, last)
            pipe.multi()
            ids.queue(pipe, platform, symbol)
            state.seen, state.edges = b"", b""
            pipe.set(name, pack_state(state))
            pipe.zadd(keys.DUE_INDEX, {f"{platform}:{symbol}": 0}, lt=True)
            return len(spans)

        if spans:
            way = RightOfWay(self._client, keys.right_of_way(platform, symbol))
            optimistic(self._client, [name], change, way)

    def holes(self, platform: str, symbol: str, state: SymbolState) -> list[Hole]:
        """Return the ids missing between those seen, with the times around them.

        Where they are in too many pieces to be told, as in the midst of a shuffled
        backfill, there is none yet.
        """
        epoch = len(state.epochs)
        with redis_errors():
            seen = legacy_seen(state, epoch) or read_seen(self._client, platform, symbol, epoch)
        return seen.holes() if seen else []

    def rebuild(self, platform: str, symbol: str, start_ms: int, end_ms: int) -> int:
        """Compute the candles and ticks of whole days anew; returns how many trades they hold."""
        count = 0
        for day in range(start_ms // DAY_MS * DAY_MS, end_ms + 1, DAY_MS):
            count += self.rebuild_day(platform, symbol, day)
        self._client.srem(keys.DIRTY_INDEX, f"{platform}:{symbol}")
        return count

    def rebuilding(self) -> dict[Market, int]:
        """Return the symbols to be rebuilt, and from which day on (epoch ms)."""
        with redis_errors():
            for name in self._client.smembers(keys.DIRTY_INDEX):
                pipe = self._client.pipeline(transaction=True)
                pipe.srem(keys.DIRTY_INDEX, name)
                pipe.hset(keys.REBUILDING, name, 0)
                pipe.execute()
            found = self._client.hgetall(keys.REBUILDING)
        return {Market(*name.decode().split(":")): int(day) for name, day in found.items()}

    def rebuild_from(self, market: Market, day_ms: int) -> None:
        """Note that a market is rebuilt up to a day, which is next."""
        with redis_errors():
            self._client.hset(keys.REBUILDING, str(market), day_ms)

    def rebuilt(self, market: Market) -> None:
        """Note that a market is rebuilt."""
        with redis_errors():
            self._client.hdel(keys.REBUILDING, str(market))

    def days(self, platform: str, symbol: str) -> list[int]:
        """Return the days (epoch ms) of which the journal or the sums may hold trades."""
        name = keys.aggregates(Series(platform, symbol, DAY))
        with redis_errors():
            openings = [int(opening) for opening in self._client.hkeys(name)]
            grids = read_grids(self._client, platform, [symbol])[symbol]
        ends = [grids.end(opening, DAY) - 1 for opening in openings]
        summed = {second // DAY * DAY_MS for second in (*openings, *ends)}
        return sorted({*summed, *self._reader.days(platform, symbol)})

    def rebuild_day(self, platform: str, symbol: str, day_ms: int) -> int:
        """Compute the candles and ticks of one day anew, from the journal and from sums held.

        Trades that are kept out of candles stay out of them. Where the journal holds
        fewer trades of a candle than its sum does, the sum counts. Returns the number
        of trades that the journal holds of the day. The journal is read before anything
        is watched: of what is written meanwhile only that is read again. Candles that
        lie only partly in the day, by their grid, are computed as a whole; what trades
        built by another grid before is removed.
        """
        SeriesKeys(self._client, self._tick_ms).ensure(platform, symbol)
        name = keys.symbol_state(platform, symbol)
        grids = read_grids(self._client, platform, [symbol])[symbol]
        first_s, end_s = _span_of_candles(day_ms // 1_000, grids)
        first, last = first_s * 1_000, end_s * 1_000 - 1
        version = unpack_state(self._client.get(name)).version
        batches = [
            entry.trades
            for entry in self._reader.entries(platform, symbol, first, last)
            if entry.version <= version
        ]

        def change(pipe: Any) -> int:
            every = [
                batch.take((batch.time >= first * 1_000) & (batch.time <= last * 1_000 + 999))
                for batch in (*batches, *self._newer(platform, symbol, version))
            ]
            every = [batch.in_order() for batch in every if len(batch)]
            wanted = _whole_candles(first_s, end_s, grids)
            strangers = _off_grid(first_s, end_s, grids)
            read = {r: sorted({*wanted[r], *strangers.get(r, ())}) for r in wanted}
            state, held = read_held(self._client, platform, {symbol: read})[symbol]
            excluded = self._exclusions.held(platform, symbol, first, last)
            sums = building.sum_up([without(batch, excluded) for batch in every], grids)
            # Of a day whose trades are not kept any more the sums held are all there is.
            kept = first >= self._reader.kept_from(platform, symbol)
            left_out = excluded if kept else ()
            torn = {
                (r, grids.opening(one.time // 1_000_000, r))
                for one in left_out
                for r in LIVE_RESOLUTIONS
            }
            whole = {(r, opening) for r, openings in wanted.items() for opening in openings}
            parts = _fuller(
                {key: part for key, part in sums.items() if key in whole}, held, state, torn
            )
            parts |= {
                (r, opening): None
                for r, openings in strangers.items()
                for opening in openings
                if (r, opening) in held and held[r, opening].is_of_trades
            }
            samples = self._tick_samples(platform, symbol, state, every)
            pipe.multi()
            told, _ = rewrite_candles(pipe, platform, symbol, parts, held, revised=False)
            if samples:
                pipe.execute_command("TS.MADD", *samples)
            queue_counts(pipe, platform, symbol, {QualityCount.REBUILT: len(told)})
            begin, end = day_ms * 1_000, (day_ms + DAY_MS) * 1_000
            return sum(int(((one.time >= begin) & (one.time < end)).sum()) for one in every)

        watched = [*watched_keys(platform, [symbol]), keys.excluded(platform, symbol)]
        way = RightOfWay(self._client, keys.right_of_way(platform, symbol))
        return optimistic(self._client, watched, change, way)

    def _newer(self, platform: str, symbol: str, version: int) -> list[Trades]:
        """Return what the journal took after a version of the state."""
        found = self._journal.since(platform, {symbol: f"{version}-{2**32}"}, count=10_000)
        return [batch for _, batch in found[symbol]]

    def grids(self, market: Market) -> CandleGrids:
        """Return the grids of the candles of a market's trades."""
        with redis_errors():
            return read_grids(self._client, market.platform, [market.symbol])[market.symbol]

    def sums(self, series: Series, openings: Sequence[int]) -> dict[int, Aggregate]:
        """Return the sums of the trades of those candles (openings in s) that have any."""
        with redis_errors():
            packed = self._client.hmget(keys.aggregates(series), list(openings))
        found = zip(openings, packed, strict=True)
        return {opening: Aggregate.from_bytes(one) for opening, one in found if one}

    def dirty(self) -> list[tuple[str, str]]:
        """Return (platform, symbol) of which a write failed in part."""
        with redis_errors():
            names = self._client.smembers(keys.DIRTY_INDEX)
        return [tuple(name.decode().split(":")) for name in names]

    def _tick_samples(
        self, platform: str, symbol: str, state: SymbolState, batches: list[Trades]
    ) -> list[Any]:
        if not batches:
            return []
        merged = ticks.collapse_all(batches)
        if self._tick_ms:
            merged = ticks.newer(merged, state.last_ms - self._tick_ms)
        return ticks.samples(platform, symbol, merged)


def _span_of_candles(day: int, grids: CandleGrids) -> tuple[int, int]:
    """Return begin and end (s) of the candles that a day (s) touches."""
    opened = {r: grids.opening(day, r) for r in LIVE_RESOLUTIONS}
    newest = {r: grids.opening(day + DAY - 1, r) for r in LIVE_RESOLUTIONS}
    return min(opened.values()), max(grids.end(opening, r) for r, opening in newest.items())


def _whole_candles(start: int, end: int, grids: CandleGrids) -> Openings:
    """Return the openings of candles that lie in a span (s) as a whole."""
    return {
        r: [one for one in grids.openings(start, end, r) if grids.end(one, r) <= end]
        for r in LIVE_RESOLUTIONS
    }


def _off_grid(start: int, end: int, grids: CandleGrids) -> Openings:
    """Return where candles would open in a span (s) if series with a grid had none."""
    return {
        r: [one for one in range(start // r * r, end, r) if grids.opening(one, r) != one]
        for r, _ in grids.moved
    }


def _fuller(
    sums: dict[building.Key, Aggregate],
    held: building.Held,
    state: SymbolState,
    torn: set[building.Key],
) -> Parts:
    """Return of each candle the sum that holds more trades: the journal's or that held.

    Of those `torn`, which leave trades out, the journal's counts. Candles that lost
    their marks get them back.
    """
    parts: Parts = {}
    for key in {*sums, *(key for key, candle in held.items() if candle.aggregate)}:
        candle = held.setdefault(key, building.HeldCandle())
        known = [part for part in (sums.get(key), candle.aggregate) if part]
        parts[key] = sums.get(key) if key in torn else max(known, key=lambda part: part.trades)
        if not candle.marked and not candle.from_exchange:
            end = state.grids.end(key[1], key[0]) * 1_000_000
            partial = CandleFlag.PARTIAL if end > state.watermark else CandleFlag(0)
            candle.flags = int(CandleFlag.FROM_TRADES | partial)
    return parts
