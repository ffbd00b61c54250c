"""Binance's public spot REST routes."""

from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web

from feeds.binance.simulator import messages
from feeds.binance.simulator.depth import book_body
from feeds.simulator.catalog import Product
from feeds.simulator.day_stats import DayStats, day_stats
from feeds.simulator.faults import Faults
from feeds.simulator.market_clock import MarketClock
from feeds.simulator.simulated_book import SimulatedBook
from feeds.simulator.trade_tape import TradeTape

PAGE_LIMIT = 1_000
_USUAL_LIMIT = 500
_USUAL_DEPTH, _MOST_DEPTH = 100, 5_000
_RATE_LIMITS = [
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6_000},
    {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 61_000},
]


class BinanceRest:
    """Answers REST calls from the products of `binance`; there are no derivatives."""

    def __init__(
        self,
        products: dict[str, Product],
        books: dict[str, SimulatedBook],
        clock: MarketClock,
        faults: Faults,
    ) -> None:
        self._products, self._books = products, books
        self._clock, self._faults = clock, faults

    def routes(self) -> list[web.RouteDef]:
        """Return all routes."""
        spot = {
            "ping": self.ping, "time": self.time, "exchangeInfo": self.exchange_info,
            "klines": self.klines, "trades": self.trades, "historicalTrades": self.trades,
            "aggTrades": self.aggregates, "ticker/24hr": self.day, "ticker/price": self.price,
            "ticker/bookTicker": self.book, "depth": self.depth,
        }  # fmt: skip
        derivatives = ("fapi/v1", "dapi/v1", "eapi/v1")
        return [
            *(web.get(f"/api/v3/{name}", handler) for name, handler in spot.items()),
            *(web.get(f"/{kind}/exchangeInfo", self.no_symbols) for kind in derivatives),
        ]

    async def ping(self, request: web.Request) -> web.Response:
        """Answer."""
        return answer({})

    async def time(self, request: web.Request) -> web.Response:
        """Tell the market's time."""
        return answer({"serverTime": self._clock.now_ms()})

    async def exchange_info(self, request: web.Request) -> web.Response:
        """List all symbols, or those asked for."""
        rows = [messages.symbol_row(product) for product in self._chosen(request)]
        return answer(self._exchange(rows))

    async def no_symbols(self, request: web.Request) -> web.Response:
        """List no contract at all."""
        return answer(self._exchange([]) | {"optionSymbols": []})

    async def klines(self, request: web.Request) -> web.Response:
        """List candles, oldest first: from `startTime` on, or else the newest."""
        product = self._product(request)
        resolution = messages.INTERVALS.get(_needed(request, "interval"))
        if resolution is None:
            raise refusal(-1120, "Invalid interval.")
        limit = _limit(request)
        end = _whole(request, "endTime", 2**50) // 1_000
        if "startTime" in request.query:
            start = -(-_whole(request, "startTime", 0) // 1_000)
            found = product.candles_between(resolution, start, end, limit)
        else:
            found = product.newest_candles(resolution, end, limit)
        rows = [messages.kline_row(candle, resolution) for candle in found]
        return answer(self._faults.thin(rows))

    async def trades(self, request: web.Request) -> web.Response:
        """List trades, oldest first: from `fromId` on, or else the newest."""
        product = self._product(request)
        limit = _limit(request)
        if product.trades is None:
            return answer([])
        count = product.trade_count()
        start = max(0, count - limit)
        if "fromId" in request.query:
            start = product.trades.through_id(_whole(request, "fromId", 0) - 1)
        found = map(product.trades.trade, range(start, min(count, start + limit)))
        return answer([messages.trade_row(trade) for trade in found])

    async def aggregates(self, request: web.Request) -> web.Response:
        """List aggregate trades, oldest first: by `fromId` or times, or else the newest."""
        product = self._product(request)
        limit = _limit(request)
        tape = product.trades
        if tape is None:
            return answer([])
        stop = tape.aggregate_count(product.trade_count())
        start = max(0, stop - limit)
        if "endTime" in request.query:
            stop = min(stop, tape.aggregate_count(tape.count(_whole(request, "endTime", 0))))
            start = max(0, stop - limit)
        if "fromId" in request.query:
            start = max(0, _whole(request, "fromId", 0) - aggregate_base(tape))
        elif "startTime" in request.query:
            start = tape.aggregate_count(tape.count(_whole(request, "startTime", 0) - 1))
        chosen = range(start, min(stop, start + limit))
        return answer([aggregate_row(tape, index) for index in chosen])

    async def day(self, request: web.Request) -> web.Response:
        """Show 24 hours."""
        return self._tickers(request, messages.day_body)

    async def book(self, request: web.Request) -> web.Response:
        """Show the best prices."""
        return self._tickers(request, messages.book_body)

    async def depth(self, request: web.Request) -> web.Response:
        """Show the best levels of a book."""
        book = self._books[self._product(request).symbol]
        book.play()
        limit = min(_whole(request, "limit", _USUAL_DEPTH), _MOST_DEPTH)
        return answer(book_body(book, limit, late=self._faults.happens("late")))

    async def price(self, request: web.Request) -> web.Response:
        """Show the last price."""
        return self._tickers(
            request, lambda product, stats: {"symbol": product.symbol,
                                             "price": messages.number(stats.last)}
        )  # fmt: skip

    def _tickers(
        self, request: web.Request, body: Callable[[Product, DayStats], messages.Json]
    ) -> web.Response:
        chosen = [(product, day_stats(product)) for product in self._chosen(request)]
        rows = [body(product, stats) for product, stats in chosen if stats]
        return answer(rows[0] if "symbol" in request.query and rows else rows)

    def _exchange(self, rows: list[messages.Json]) -> messages.Json:
        return {
            "timezone": "UTC", "serverTime": self._clock.now_ms(), "rateLimits": _RATE_LIMITS,
            "exchangeFilters": [], "symbols": rows,
        }  # fmt: skip

    def _product(self, request: web.Request) -> Product:
        found = self._products.get(_needed(request, "symbol"))
        if found is None:
            raise refusal(-1121, "Invalid symbol.")
        return found

    def _chosen(self, request: web.Request) -> list[Product]:
        if "symbol" in request.query:
            return [self._product(request)]
        if "symbols" not in request.query:
            return list(self._products.values())
        try:
            names = msgspec.json.decode(request.query["symbols"], type=list[str])
            return [self._products[name] for name in names]
        except (msgspec.DecodeError, KeyError):
            raise refusal(-1121, "Invalid symbol.") from None


def aggregate_base(tape: TradeTape) -> int:
    """Return the id of the file's first aggregate; they are another kind than trade ids."""
    return tape.trade(0).trade_id // 2


def aggregate_row(tape: TradeTape, index: int) -> messages.Json:
    """Return one aggregate trade."""
    trades = [tape.trade(i) for i in tape.aggregate(index)]
    return messages.aggregate_row(aggregate_base(tape) + index, trades)


def answer(body: Any) -> web.Response:
    """Return a JSON answer with the weight that Binance counts."""
    return web.Response(
        body=msgspec.json.encode(body),
        content_type="application/json",
        headers={"X-MBX-USED-WEIGHT-1M": "1"},
    )


def refusal(code: int, message: str) -> web.HTTPException:
    """Return Binance's error body as an exception to raise."""
    text = msgspec.json.encode({"code": code, "msg": message}).decode()
    return web.HTTPBadRequest(text=text, content_type="application/json")


def _needed(request: web.Request, name: str) -> str:
    if not request.query.get(name):
        said = f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
        raise refusal(-1102, said)
    return request.query[name]


def _whole(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise refusal(-1100, f"Illegal characters found in parameter '{name}'.")
    return int(text)


def _limit(request: web.Request) -> int:
    limit = _whole(request, "limit", _USUAL_LIMIT)
    if not limit:
        raise refusal(-1130, "Data sent for parameter 'limit' is not valid.")
    return min(limit, PAGE_LIMIT)
