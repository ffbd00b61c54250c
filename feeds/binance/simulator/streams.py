"""Binance's market streams, each a source of events that come due."""

from collections.abc import Iterator
from typing import Protocol

from feeds.binance.simulator import depth, messages
from feeds.binance.simulator.rest import aggregate_base
from feeds.simulator.catalog import Product
from feeds.simulator.day_stats import DayStats, day_stats, trade_stats
from feeds.simulator.faults import Faults
from feeds.simulator.feed import CHUNK, Every, TradeCursor
from feeds.simulator.simulated_book import SimulatedBook


class Stream(Protocol):
    """One subscribed stream."""

    def due(self) -> Iterator[messages.Json]:
        """Return the events since the last call."""


def open_stream(
    name: str, products: dict[str, Product], books: dict[str, SimulatedBook], faults: Faults
) -> Stream:
    """Return the stream of that name; one that Binance has no such of is silent, as there."""
    symbol, _, kind = name.partition("@")
    product = products.get(symbol.upper())
    if product is None or symbol != symbol.lower():
        return Silence()
    kind = kind.removesuffix("@100ms")
    if kind == "depth":
        return depth.Changes(product.symbol, books[product.symbol], faults)
    if kind in depth.PARTIAL:
        return depth.Best(books[product.symbol], int(kind.removeprefix("depth")))
    resolution = messages.INTERVALS.get(kind.removeprefix("kline_"))
    if kind.startswith("kline_") and resolution in product.candles:
        return Klines(product, resolution)
    if kind in ("ticker", "miniTicker"):
        return DayTicker(product, kind)
    if product.trades is None:
        return Silence()
    if kind == "aggTrade":
        return Aggregates(product, faults)
    return Trades(product, faults, kind) if kind in ("trade", "bookTicker") else Silence()


class Silence:
    """A stream on which nothing ever happens."""

    def due(self) -> Iterator[messages.Json]:
        """Return nothing."""
        return iter(())


class Trades:
    """`@trade`, or `@bookTicker`, which moves with each trade as the files hold no book."""

    def __init__(self, product: Product, faults: Faults, kind: str) -> None:
        self._product, self._faults, self._kind = product, faults, kind
        self._cursor = TradeCursor(product)

    def due(self) -> Iterator[messages.Json]:
        """Return an event for each trade."""
        tape = self._product.trades
        for index in self._cursor.due():
            if tape is None or self._faults.happens("gap", f"{self._product.symbol}@{self._kind}"):
                continue
            if self._kind == "trade":
                yield messages.trade_message(self._product, tape.trade(index))
            else:
                yield messages.book_message(self._product, trade_stats(self._product, index + 1))


class Aggregates:
    """`@aggTrade`."""

    def __init__(self, product: Product, faults: Faults) -> None:
        self._product, self._faults = product, faults
        if product.trade_feed:
            product.trade_feed.begin()
        self._next = self._count()

    def _count(self) -> int:
        tape = self._product.trades
        return tape.aggregate_count(self._product.trade_count()) if tape else 0

    def due(self) -> Iterator[messages.Json]:
        """Return an event for each aggregate that is complete."""
        tape, start = self._product.trades, self._next
        self._next = min(self._count(), start + CHUNK)
        for index in range(start, self._next):
            if tape and not self._faults.happens("gap", f"{self._product.symbol}@aggTrade"):
                trades = [tape.trade(i) for i in tape.aggregate(index)]
                aggregate_id = aggregate_base(tape) + index
                yield messages.aggregate_message(self._product, aggregate_id, trades)


class Klines:
    """`@kline_{interval}`: the forming candle every two seconds, and each as it closes."""

    def __init__(self, product: Product, resolution: int) -> None:
        self._product, self._resolution = product, resolution
        self._tape, self._feed = product.candles[resolution], product.candle_feeds[resolution]
        self._feed.begin()
        self._next = max(0, self._begun() - 1)
        self._pace = Every(2)

    def _begun(self) -> int:
        now = self._feed.now_ms()
        return self._tape.between(0, now // 1_000, now).stop

    def due(self) -> Iterator[messages.Json]:
        """Return closed candles, and the forming one when its time has come."""
        now = self._feed.now_ms()
        for index in range(self._next, min(self._begun(), self._next + CHUNK)):
            candle = self._tape.candle(index, now)
            if candle.finished:
                self._next = index + 1
            elif not self._pace.due():
                return
            yield messages.kline_message(self._product, candle, self._resolution, now)


class DayTicker:
    """`@ticker` or `@miniTicker`: 24 hours, every second in which something happened."""

    def __init__(self, product: Product, kind: str) -> None:
        self._product = product
        self._message = messages.day_message if kind == "ticker" else messages.mini_day_message
        self._pace = Every(1)
        self._told: DayStats | None = None

    def due(self) -> Iterator[messages.Json]:
        """Return the statistics if they changed."""
        if self._pace.due():
            stats = day_stats(self._product)
            if stats and stats != self._told:
                self._told = stats
                yield self._message(self._product, stats)
