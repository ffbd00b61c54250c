"""Trades kept out of candles because they are bad prints; the journal keeps them."""

from collections.abc import Collection, Sequence
from functools import reduce
from typing import Any, NamedTuple

import msgspec
import numpy as np
import redis

from core.clock.resolutions import MINUTE
from core.series import CandleFlag, Series
from storage import keys
from storage.candles.candle_commands import queue_forget_packed
from storage.candles.live_grids import LIVE_RESOLUTIONS, CandleGrids, read_grids
from storage.journal.archive import JournalArchive
from storage.journal.columns import Trades
from storage.journal.query import TradeReader
from storage.optimistic import RightOfWay, optimistic
from storage.redis_connection import redis_errors
from storage.trades import building
from storage.trades.aggregates import Aggregate, aggregate
from storage.trades.held import SeriesMissing, read_held, watched_keys
from storage.trades.live import candle_message
from storage.trades.time_series import candle_samples


class Print(NamedTuple):
    """One trade as it is told apart: time in microseconds UTC, its last id, price in quote.

    Sources without ids have 0 there; then trades of the same time and price are one.
    """

    time: int
    trade_id: int
    price: float


_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Print).decode
Key = tuple[int, int]  # resolution and opening (s)
# None: no trade is left of the candle.
Parts = dict[Key, Aggregate | None]


class Exclusions:
    """The trades of each symbol that its candles leave out."""

    def __init__(self, client: "redis.Redis", archive: JournalArchive) -> None:
        self._client: Any = client
        self._reader = TradeReader(client, archive)

    def held(self, platform: str, symbol: str, start_ms: int, end_ms: int) -> frozenset[Print]:
        """Return the trades of `start_ms..end_ms`, both included, that are left out."""
        name = keys.excluded(platform, symbol)
        with redis_errors():
            members = self._client.zrangebyscore(name, start_ms, end_ms)
        return frozenset(map(_DECODE, members))

    def exclude(self, platform: str, symbol: str, prints: Sequence[Print]) -> int:
        """Leave trades out of their candles from now on; returns how many were not yet.

        Their minutes are computed anew from the journal, the longer candles from
        the sums of their minutes; those of days whose trades are not kept any more stay
        as they are. Safe beside writers; repeating it changes nothing.
        """
        kept_from = self._reader.kept_from(platform, symbol) * 1_000
        prints = [one for one in prints if one.time >= kept_from]
        minutes = sorted({one.time // 1_000_000 // MINUTE * MINUTE for one in prints})

        def change(pipe: Any) -> int:
            known = self.held(platform, symbol, minutes[0] * 1_000, (minutes[-1] + MINUTE) * 1_000)
            fresh = set(prints) - known
            if not fresh:
                return 0
            grids = read_grids(self._client, platform, [symbol])[symbol]
            wanted = {r: sorted({grids.opening(m, r) for m in minutes}) for r in LIVE_RESOLUTIONS}
            _, held = read_held(self._client, platform, {symbol: wanted})[symbol]
            parts = self._parts(platform, symbol, wanted, grids, known | fresh)
            pipe.multi()
            told, flags = rewrite_candles(pipe, platform, symbol, parts, held, revised=True)
            _note(pipe, platform, symbol, fresh)
            pipe.publish(keys.live(platform, symbol), candle_message(told, flags))
            return len(fresh)

        watched = [*watched_keys(platform, [symbol]), keys.excluded(platform, symbol)]
        way = RightOfWay(self._client, keys.right_of_way(platform, symbol))
        try:
            return optimistic(self._client, watched, change, way) if prints else 0
        except SeriesMissing:
            # A series was removed behind our back: the rebuilding leaves them out as well.
            with redis_errors():
                _note(self._client, platform, symbol, prints)
                self._client.sadd(keys.DIRTY_INDEX, f"{platform}:{symbol}")
            return len(prints)

    def _parts(
        self,
        platform: str,
        symbol: str,
        wanted: dict[int, list[int]],
        grids: CandleGrids,
        excluded: Collection[Print],
    ) -> Parts:
        """Return the new sums of all touched candles."""
        minutes = {m: self._minute(platform, symbol, m, excluded) for m in wanted[MINUTE]}
        parts: Parts = {(MINUTE, opening): part for opening, part in minutes.items()}
        for resolution in LIVE_RESOLUTIONS[1:]:
            for opening in wanted[resolution]:
                span = range(opening, grids.end(opening, resolution), MINUTE)
                sums = self._minute_sums(platform, symbol, span)
                sums |= {m: part for m, part in minutes.items() if m in span}
                left = [part for part in sums.values() if part]
                parts[resolution, opening] = reduce(Aggregate.merge, left) if left else None
        return parts

    def _minute(
        self, platform: str, symbol: str, opening: int, excluded: Collection[Print]
    ) -> Aggregate | None:
        first = opening * 1_000
        batches = self._reader.between(platform, symbol, first, first + MINUTE * 1_000 - 1)
        total: Aggregate | None = None
        for batch in batches:
            for part in aggregate(without(batch, excluded), MINUTE).values():
                total = total.merge(part) if total else part
        return total

    def _minute_sums(
        self, platform: str, symbol: str, openings: range
    ) -> dict[int, Aggregate | None]:
        name = keys.aggregates(Series(platform, symbol, MINUTE))
        packed = self._client.hmget(name, list(openings))
        return {
            opening: Aggregate.from_bytes(one)
            for opening, one in zip(openings, packed, strict=True)
            if one
        }


def without(batch: Trades, excluded: Collection[Print]) -> Trades:
    """Return the trades of a batch that are not excluded."""
    if not excluded or not len(batch):
        return batch
    suspects = np.flatnonzero(np.isin(batch.time, [one.time for one in excluded]))
    keep = np.ones(len(batch), dtype=np.bool_)
    prices = batch.prices()
    for at in suspects:
        found = Print(int(batch.time[at]), int(batch.last_id[at]), float(prices[at]))
        keep[at] = found not in excluded
    return batch.take(keep)


def rewrite_candles(
    pipe: Any, platform: str, symbol: str, parts: Parts, held: building.Held, *, revised: bool
) -> tuple[dict[Key, Aggregate], dict[Key, int]]:
    """Queue candles with new sums; returns those that change and their marks.

    Those without a trade go, the exchange's own stay. `revised` marks those that
    were finished.
    """
    samples: list[Any] = []
    told: dict[Key, Aggregate] = {}
    flags: dict[Key, int] = {}
    for key, part in parts.items():
        series, opening = Series(platform, symbol, key[0]), key[1]
        candle = held.get(key, building.HeldCandle())
        if part is None:
            pipe.hdel(keys.aggregates(series), str(opening))
        else:
            pipe.hset(keys.aggregates(series), str(opening), part.to_bytes())
        if candle.from_exchange:
            continue
        if part is None:
            _remove(pipe, series, opening)
            continue
        told[key], flags[key] = part, _marks(candle.flags, revised)
        samples += candle_samples(series, opening, part)
        samples += (keys.flags(series), opening * 1_000, flags[key])
    queue_forget_packed(pipe, platform, symbol, parts)
    for resolution in {resolution for resolution, _ in parts}:
        pipe.hincrby(keys.candle_state(Series(platform, symbol, resolution)), "version", 1)
    if samples:
        pipe.execute_command("TS.MADD", *samples)
    return told, flags


def _marks(flags: int, revised: bool) -> int:
    mark = CandleFlag.REVISED if revised and not flags & CandleFlag.PARTIAL else 0
    return int(flags | CandleFlag.FROM_TRADES | mark)


def _remove(pipe: Any, series: Series, opening: int) -> None:
    at = opening * 1_000
    for name in (*(keys.candle(series, field) for field in keys.CANDLE_FIELDS), keys.flags(series)):
        pipe.execute_command("TS.DEL", name, at, at)


def _note(client: Any, platform: str, symbol: str, prints: Collection[Print]) -> None:
    members = {_ENCODE(one): one.time // 1_000 for one in prints}
    client.zadd(keys.excluded(platform, symbol), members)
