"""Read what Redis holds of the symbols that a transaction is about to change."""

from collections.abc import Iterable, Iterator
from typing import Any

import redis

from core.series import Series
from storage import keys
from storage.candles.live_grids import grid_keys
from storage.trades import building
from storage.trades.aggregates import Aggregate
from storage.trades.state import SymbolState, unpack_state

Openings = dict[int, list[int]]

# Candles no further apart than so many lengths are read as one range: reading some more is
# cheaper than another command, but a trade of last year must not read a year.
_PAUSE = 50


class SeriesMissing(Exception):
    """A time series was removed behind our back."""


def watched_keys(platform: str, symbols: Iterable[str]) -> list[str]:
    """Return the keys whose change by anyone else must fail the transaction."""
    names = []
    for symbol in symbols:
        names.append(keys.symbol_state(platform, symbol))
        series = building.candle_series(platform, symbol)
        names += [keys.candle_state(one) for one in series]
        names += grid_keys(platform, symbol)
    return names


def read_held(
    client: Any, platform: str, wanted: dict[str, Openings]
) -> dict[str, tuple[SymbolState, building.Held]]:
    """Read the symbols' states and the candles of their wanted openings, in one trip."""
    pipe = client.pipeline(transaction=False)
    for symbol, by_resolution in wanted.items():
        queue_held(pipe, platform, symbol, by_resolution)
    replies = iter(checked(pipe.execute(raise_on_error=False)))
    return {symbol: parse_held(replies, one) for symbol, one in wanted.items()}


def queue_held(pipe: Any, platform: str, symbol: str, wanted: Openings) -> None:
    """Queue the reading of a symbol's state and of the candles of its wanted openings."""
    pipe.get(keys.symbol_state(platform, symbol))
    for resolution, openings in wanted.items():
        series = Series(platform, symbol, resolution)
        pipe.hmget(keys.aggregates(series), openings)
        for first, last in _spans(openings, resolution):
            bounds = first * 1_000, last * 1_000
            pipe.execute_command("TS.RANGE", keys.candle(series, "close"), *bounds)
            pipe.execute_command("TS.RANGE", keys.flags(series), *bounds)


def parse_held(replies: Iterator[Any], wanted: Openings) -> tuple[SymbolState, building.Held]:
    """Return what `queue_held` asked for."""
    return unpack_state(next(replies)), _candles(wanted, replies)


def _spans(openings: list[int], resolution: int) -> list[tuple[int, int]]:
    """Return the first and last opening of each run."""
    spans: list[tuple[int, int]] = []
    for opening in openings:
        if spans and opening - spans[-1][1] <= _PAUSE * resolution:
            spans[-1] = (spans[-1][0], opening)
        else:
            spans.append((opening, opening))
    return spans


def checked(replies: list[Any]) -> list[Any]:
    """Return replies; raises the first error among them, `SeriesMissing` for a missing series."""
    for reply in replies:
        if isinstance(reply, redis.ResponseError) and "does not exist" in str(reply):
            raise SeriesMissing
        if isinstance(reply, Exception):
            raise reply
    return replies


def _candles(by_resolution: Openings, replies: Iterator[Any]) -> building.Held:
    held: building.Held = {}
    for resolution, openings in by_resolution.items():
        for opening, part in zip(openings, next(replies), strict=True):
            candle = held.setdefault((resolution, opening), building.HeldCandle())
            candle.aggregate = Aggregate.from_bytes(part) if part else None
        for _ in _spans(openings, resolution):
            for stamp, _close in next(replies):
                held.setdefault((resolution, stamp // 1_000), building.HeldCandle()).stored = True
            for stamp, value in next(replies):
                candle = held.setdefault((resolution, stamp // 1_000), building.HeldCandle())
                candle.flags, candle.marked = int(float(value)), True
    return held
