"""Coinbase Exchange from files: its REST routes and its feed."""

from aiohttp import web

from feeds.coinbase.simulator import feed
from feeds.coinbase.simulator.advanced_feed import AdvancedFeed, EitherFeed
from feeds.coinbase.simulator.rest import CoinbaseRest
from feeds.simulator.catalog import Product
from feeds.simulator.faults import Faults
from feeds.simulator.feed import run_feed
from feeds.simulator.market_clock import MarketClock
from feeds.simulator.simulated import SimulatedVenue
from feeds.simulator.simulated_book import open_books

PLATFORM = "coinbase"
_SAID = {404: "NotFound", 405: "Method not allowed", 429: "Public rate limit exceeded",
         500: "Internal server error"}  # fmt: skip


def simulate(products: dict[str, Product], clock: MarketClock, faults: Faults) -> SimulatedVenue:
    """Return the routes of Coinbase Exchange with these products."""
    books = open_books(products)

    async def listen(request: web.Request) -> web.StreamResponse:
        if "Upgrade" not in request.headers:
            raise web.HTTPNotFound
        exchange = feed.CoinbaseFeed(products, clock, faults)
        client = EitherFeed(exchange, AdvancedFeed(books, clock, faults))
        return await run_feed(request, client, faults, feed.IDLE_LIMIT_S)

    routes = [*CoinbaseRest(products, clock, faults).routes(), web.get("/", listen)]
    return SimulatedVenue(routes, ("/",), _error)


def _error(status: int) -> tuple[object, dict[str, str]]:
    return {"message": _SAID.get(status, "Error")}, {}
