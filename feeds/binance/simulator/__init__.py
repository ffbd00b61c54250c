"""Binance from files: its REST routes and its streams."""

from aiohttp import web

from feeds.binance.simulator import feed
from feeds.binance.simulator.rest import BinanceRest
from feeds.simulator.catalog import Product
from feeds.simulator.faults import Faults
from feeds.simulator.feed import run_feed
from feeds.simulator.market_clock import MarketClock
from feeds.simulator.simulated import SimulatedVenue
from feeds.simulator.simulated_book import open_books

PLATFORM = "binance"
_PATHS = ("/api/", "/fapi/", "/dapi/", "/eapi/", "/ws", "/stream")
_SAID = {
    429: (-1003, "Too much request weight used."),
    500: (-1000, "An unknown error occurred while processing the request."),
}  # fmt: skip


def simulate(products: dict[str, Product], clock: MarketClock, faults: Faults) -> SimulatedVenue:
    """Return the routes of Binance with these products."""
    books = open_books(products)

    async def stream(request: web.Request) -> web.StreamResponse:
        asked = request.match_info.get("streams") or request.query.get("streams", "")
        names = [name for name in asked.split("/") if name]
        combined = request.path == "/stream"
        client = feed.BinanceFeed(products, books, faults, names, combined=combined)
        return await run_feed(request, client, faults, feed.IDLE_LIMIT_S)

    sockets = [web.get(path, stream) for path in ("/ws", "/ws/{streams:.+}", "/stream")]
    routes = [*BinanceRest(products, books, clock, faults).routes(), *sockets]
    return SimulatedVenue(routes, _PATHS, _error)


def _error(status: int) -> tuple[object, dict[str, str]]:
    code, said = _SAID.get(status, (-1000, "Not found."))
    return {"code": code, "msg": said}, {"Retry-After": "1"} if status in (418, 429) else {}
