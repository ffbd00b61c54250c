"""What happens to candles without a new trade: they end, are mended, or are marked."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import redis

from core.series import CandleFlag, Market, Series
from storage import keys
from storage.journal import ticks
from storage.journal.archive import JournalArchive
from storage.journal.columns import Trades
from storage.journal.time_series import SeriesKeys
from storage.optimistic import optimistic
from storage.redis_connection import redis_errors
from storage.trades import building
from storage.trades.exclusion import Exclusions, Parts, rewrite_candles, without
from storage.trades.held import read_held, watched_keys
from storage.trades.query import TradeReader
from storage.trades.state import SymbolState, pack_state, unpack_state


class TradeUpkeep:
    """Mend what `TradeWriter` cannot know of; safe beside it, and repeatable."""

    def __init__(self, client: "redis.Redis", archive: JournalArchive, tick_days: int = 30) -> None:
        self._client: Any = client
        self._reader = TradeReader(client, archive)
        self._exclusions = Exclusions(client, archive)
        self._tick_ms = tick_days * 86_400_000

    def states(self, markets: Sequence[Market]) -> dict[Market, SymbolState]:
        """Return where each market's stream stands."""
        if not markets:
            return {}
        with redis_errors():
            packed = self._client.mget([keys.symbol_state(*market) for market in markets])
        return {m: unpack_state(one) for m, one in zip(markets, packed, strict=True)}

    def close_quiet(self, platform: str, symbol: str, now_ms: int, grace_ms: int = 2_000) -> int:
        """Mark candles complete that ended `grace_ms` ago though no later trade came.

        Returns how many were marked.
        """
        state = unpack_state(self._client.get(keys.symbol_state(platform, symbol)))
        marked = 0
        for resolution, opening in state.open.items():
            if (opening + resolution) * 1_000 + grace_ms <= now_ms:
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
            return len(samples) // 3

        return optimistic(self._client, [keys.candle_state(series)], change)

    def mark_seen(self, platform: str, symbol: str, spans: Sequence[tuple[int, int]]) -> None:
        """Count ids (each span's first and last, both included) as seen: no trade has them.

        Their hole closes; a trade that came under one of them later would be taken
        for a repetition.
        """
        name = keys.symbol_state(platform, symbol)

        def change(pipe: Any) -> int:
            state = unpack_state(self._client.get(name))
            first, last = (np.array(ends, dtype=np.int64) for ends in zip(*spans, strict=True))
            state.seen = state.seen_ids.add(first, last).to_bytes()
            pipe.multi()
            pipe.set(name, pack_state(state))
            return len(spans)

        if spans:
            optimistic(self._client, [name], change)

    def rebuild(self, platform: str, symbol: str, start_ms: int, end_ms: int) -> int:
        """Compute the candles and ticks of whole days anew from the journal.

        Trades that are kept out of candles stay out of them.
        Returns the number of trades that the journal holds of those days.
        """
        SeriesKeys(self._client, self._tick_ms).ensure(platform, symbol)
        day = 86_400_000
        first, last = start_ms // day * day, -(-end_ms // day) * day - 1

        def change(pipe: Any) -> int:
            batches = self._reader.between(platform, symbol, first, last)
            wanted = {symbol: building.openings(batches)} if batches else {}
            state, held = read_held(self._client, platform, wanted).get(symbol, (None, {}))
            state = state or unpack_state(self._client.get(keys.symbol_state(platform, symbol)))
            samples = self._tick_samples(platform, symbol, state, batches)
            excluded = self._exclusions.held(platform, symbol, first, last)
            sums = building.sum_up([without(batch, excluded) for batch in batches])
            touched = {(r, at) for r, found in wanted.get(symbol, {}).items() for at in found}
            parts: Parts = {key: sums.get(key) for key in touched}
            pipe.multi()
            rewrite_candles(pipe, platform, symbol, parts, held, revised=False)
            if samples:
                pipe.execute_command("TS.MADD", *samples)
            pipe.srem(keys.DIRTY_INDEX, f"{platform}:{symbol}")
            return sum(map(len, batches))

        watched = watched_keys(platform, [symbol])
        return optimistic(self._client, watched, change)

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
