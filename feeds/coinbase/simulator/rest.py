"""Coinbase Exchange's public REST routes."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web

from feeds.coinbase.simulator import messages
from feeds.simulator.catalog import Product
from feeds.simulator.day_stats import DayStats, day_stats
from feeds.simulator.faults import Faults
from feeds.simulator.market_clock import MarketClock

_TOO_MANY = (
    "granularity too small for the requested time range. "
    f"Count of aggregations requested exceeds {messages.PAGE_LIMIT}"
)
_TRADES_LIMIT = 1_000


class CoinbaseRest:
    """Answers REST calls from the products of `coinbase`."""

    def __init__(self, products: dict[str, Product], clock: MarketClock, faults: Faults) -> None:
        self._products, self._clock, self._faults = products, clock, faults

    def routes(self) -> list[web.RouteDef]:
        """Return all routes."""
        return [
            web.get("/products", self.products),
            web.get("/products/{id}", self.product),
            web.get("/products/{id}/candles", self.candles),
            web.get("/products/{id}/trades", self.trades),
            web.get("/products/{id}/ticker", self.ticker),
            web.get("/products/{id}/stats", self.stats),
            web.get("/currencies", self.currencies),
            web.get("/currencies/{id}", self.currency),
            web.get("/time", self.time),
        ]

    async def products(self, request: web.Request) -> web.Response:
        """List all products."""
        return answer([messages.product_row(product) for product in self._products.values()])

    async def product(self, request: web.Request) -> web.Response:
        """Show one product."""
        return answer(messages.product_row(self._product(request)))

    async def currencies(self, request: web.Request) -> web.Response:
        """List what the products are made of."""
        return answer([messages.currency_row(name) for name in self._currency_names()])

    async def currency(self, request: web.Request) -> web.Response:
        """Show one currency."""
        if request.match_info["id"] not in self._currency_names():
            raise refusal(404, "NotFound")
        return answer(messages.currency_row(request.match_info["id"]))

    async def time(self, request: web.Request) -> web.Response:
        """Tell the market's time."""
        now = self._clock.now_ms()
        iso = datetime.fromtimestamp(now / 1_000, UTC).isoformat(timespec="milliseconds")
        return answer({"iso": iso.replace("+00:00", "Z"), "epoch": now / 1_000})

    async def candles(self, request: web.Request) -> web.Response:
        """List candles, newest first, at most 300; without a whole range, the newest."""
        product = self._product(request)
        granularity = _whole(request.query.get("granularity", "60"), "granularity")
        if granularity not in messages.GRANULARITIES:
            raise refusal(400, "Unsupported granularity")
        start, end = request.query.get("start"), request.query.get("end")
        if start and end:
            since, until = _second(start, "start"), _second(end, "end")
            if since > until:
                raise refusal(400, "start must be before end")
            if (until - since) / granularity > messages.PAGE_LIMIT:
                raise refusal(400, _TOO_MANY)
            found = product.candles_between(granularity, -int(-since // 1), int(until // 1))
        else:
            found = product.newest_candles(granularity, 2**40, messages.PAGE_LIMIT)
        rows = [messages.candle_row(candle) for candle in found[-messages.PAGE_LIMIT :]]
        return answer(self._faults.thin(rows[::-1]))

    async def trades(self, request: web.Request) -> web.Response:
        """List trades, newest first: older than `after`, newer than `before`."""
        product = self._product(request)
        tape, stop, begin = product.trades, product.trade_count(), 0
        if "after" in request.query and tape:
            stop = min(stop, tape.through_id(_whole(request.query["after"], "after") - 1))
        if "before" in request.query and tape:
            begin = tape.through_id(_whole(request.query["before"], "before"))
        limit = _whole(request.query.get("limit", str(_TRADES_LIMIT)), "limit")
        begin = max(begin, stop - min(limit, _TRADES_LIMIT))
        found = [tape.trade(i) for i in range(stop - 1, begin - 1, -1)] if tape else []
        response = answer([messages.trade_row(trade) for trade in found])
        if found:
            response.headers["CB-BEFORE"] = str(found[0].trade_id)
            response.headers["CB-AFTER"] = str(found[-1].trade_id)
        return response

    async def ticker(self, request: web.Request) -> web.Response:
        """Show the last trade and the best prices."""
        product = self._product(request)
        return answer(messages.ticker_body(product, _stats(product)))

    async def stats(self, request: web.Request) -> web.Response:
        """Show 24 hours."""
        product = self._product(request)
        return answer(messages.stats_body(product, _stats(product)))

    def _product(self, request: web.Request) -> Product:
        found = self._products.get(request.match_info["id"])
        if found is None:
            raise refusal(404, "NotFound")
        return found

    def _currency_names(self) -> list[str]:
        return sorted({name for symbol in self._products for name in symbol.split("-")})


def answer(body: Any, status: int = 200) -> web.Response:
    """Return a JSON answer."""
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json"
    )


def refusal(status: int, message: str) -> web.HTTPException:
    """Return Coinbase's error body as an exception to raise."""
    kinds = {400: web.HTTPBadRequest, 404: web.HTTPNotFound}
    text = msgspec.json.encode({"message": message}).decode()
    return kinds[status](text=text, content_type="application/json")


def _stats(product: Product) -> DayStats:
    found = day_stats(product)
    if found is None:
        raise refusal(404, "NotFound")
    return found


def _whole(text: str, field: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise refusal(400, f"Invalid {field}")
    return int(text)


def _second(text: str, field: str) -> float:
    """Return epoch seconds from ISO 8601 or epoch seconds, both of which Coinbase takes."""
    try:
        return float(_whole(text, field)) if text.isdigit() else _iso_second(text)
    except ValueError:
        raise refusal(400, f"Invalid {field}") from None


def _iso_second(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
