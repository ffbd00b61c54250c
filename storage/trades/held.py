"""Read what Redis holds of the symbols that a transaction is about to change."""

from collections.abc import Iterable, Iterator
from typing import Any

import redis

from core.series import Series
from storage import keys
from storage.trades import building
from storage.trades.aggregates import Aggregate
from storage.trades.state import SymbolState, unpack_state

Openings = dict[int, list[int]]


class SeriesMissing(Exception):
    """A time series was removed behind our back."""


def watched_keys(platform: str, symbols: Iterable[str]) -> list[str]:
    """Return the keys whose change by anyone else must fail the transaction."""
    names = []
    for symbol in symbols:
        names.append(keys.symbol_state(platform, symbol))
        series = building.candle_series(platform, symbol)
        names += [keys.candle_state(one) for one in series]
    return names


def read_held(
    client: Any, platform: str, wanted: dict[str, Openings]
) -> dict[str, tuple[SymbolState, building.Held]]:
    """Read the symbols' states and the candles of their wanted openings, in one trip."""
    pipe = client.pipeline(transaction=False)
    for symbol, by_resolution in wanted.items():
        pipe.get(keys.symbol_state(platform, symbol))
        for resolution, openings in by_resolution.items():
            series = Series(platform, symbol, resolution)
            # The candle before may have to be closed by this batch.
            first, last = (openings[0] - resolution) * 1_000, openings[-1] * 1_000
            pipe.hmget(keys.aggregates(series), openings)
            pipe.execute_command("TS.RANGE", keys.candle(series, "close"), first, last)
            pipe.execute_command("TS.RANGE", keys.flags(series), first, last)
    replies = iter(_checked(pipe.execute(raise_on_error=False)))
    return {
        symbol: (unpack_state(next(replies)), _candles(by_resolution, replies))
        for symbol, by_resolution in wanted.items()
    }


def _checked(replies: list[Any]) -> list[Any]:
    for reply in replies:
        if isinstance(reply, redis.ResponseError) and "does not exist" in str(reply):
            raise SeriesMissing
        if isinstance(reply, Exception):
            raise reply
    return replies


def _candles(by_resolution: Openings, replies: Iterator[Any]) -> building.Held:
    held: building.Held = {}
    for resolution, openings in by_resolution.items():
        packed, closes, flags = next(replies), next(replies), next(replies)
        for opening, part in zip(openings, packed, strict=True):
            candle = held.setdefault((resolution, opening), building.HeldCandle())
            candle.aggregate = Aggregate.from_bytes(part) if part else None
        for stamp, _ in closes:
            held.setdefault((resolution, stamp // 1_000), building.HeldCandle()).stored = True
        for stamp, value in flags:
            candle = held.setdefault((resolution, stamp // 1_000), building.HeldCandle())
            candle.flags = int(float(value))
    return held
