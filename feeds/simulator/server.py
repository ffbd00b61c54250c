"""The simulator: both exchanges at one address."""

import asyncio
from email.utils import formatdate
from pathlib import Path
from typing import NamedTuple

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from feeds.binance.simulator import feed as binance_feed
from feeds.binance.simulator.feed import BinanceFeed
from feeds.binance.simulator.rest import BinanceRest
from feeds.coinbase.simulator import feed as coinbase_feed
from feeds.coinbase.simulator.feed import CoinbaseFeed
from feeds.coinbase.simulator.rest import CoinbaseRest
from feeds.simulator.catalog import Product, open_products
from feeds.simulator.faults import Faults
from feeds.simulator.feed import run_feed
from feeds.simulator.market_clock import MarketClock

_BINANCE_PATHS = ("/api/", "/fapi/", "/dapi/", "/eapi/", "/ws", "/stream")
_SAID = {404: "NotFound", 405: "Method not allowed", 429: "Public rate limit exceeded",
         500: "Internal server error"}  # fmt: skip
_BINANCE_SAID = {
    429: (-1003, "Too much request weight used."),
    500: (-1000, "An unknown error occurred while processing the request."),
}  # fmt: skip


class SimulatorOptions(NamedTuple):
    """What to simulate, and how: see `python -m feeds.simulator --help`."""

    data: Path
    fault: str = ""
    seed: int | None = None
    shift_to_now: bool = False
    speed: float = 1.0
    clock_offset_s: float = 0.0


def create_simulator(options: SimulatorOptions) -> web.Application:
    """Read the files and return the application.

    Raises `ValueError` with a sentence when an option or a file cannot be used.
    """
    if not options.speed > 0:
        raise ValueError("speed must be more than 0")
    clock = MarketClock(
        shifted=options.shift_to_now, speed=options.speed, offset_s=options.clock_offset_s
    )
    faults = Faults(options.fault, options.seed)
    coinbase = open_products(options.data, "coinbase", clock)
    binance = open_products(options.data, "binance", clock)
    if not coinbase and not binance:
        layout = "candles/{coinbase,binance}/SYMBOL/SECONDS.csv[.gz]"
        raise ValueError(f"there are no files like {layout} in {options.data}")

    app = web.Application(middlewares=[_failing(faults)])
    app.add_routes(CoinbaseRest(coinbase, clock, faults).routes())
    app.add_routes(BinanceRest(binance, clock, faults).routes())
    app.router.add_get("/", _coinbase_socket(coinbase, clock, faults))
    for path in ("/ws", "/ws/{streams:.+}", "/stream"):
        app.router.add_get(path, _binance_socket(binance, faults))

    async def stamp(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = formatdate(clock.now_ms() / 1_000, usegmt=True)

    app.on_response_prepare.append(stamp)
    return app


def _coinbase_socket(products: dict[str, Product], clock: MarketClock, faults: Faults) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        if "Upgrade" not in request.headers:
            raise web.HTTPNotFound
        client = CoinbaseFeed(products, clock, faults)
        return await run_feed(request, client, faults, coinbase_feed.IDLE_LIMIT_S)

    return serve


def _binance_socket(products: dict[str, Product], faults: Faults) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        asked = request.match_info.get("streams") or request.query.get("streams", "")
        names = [name for name in asked.split("/") if name]
        client = BinanceFeed(products, faults, names, combined=request.path == "/stream")
        return await run_feed(request, client, faults, binance_feed.IDLE_LIMIT_S)

    return serve


def _failing(faults: Faults) -> Middleware:
    """Return a middleware that fails on purpose and gives errors the exchange's form."""

    @web.middleware
    async def fail(request: web.Request, handler: Handler) -> web.StreamResponse:
        if faults.happens("drop") and request.transport:
            request.transport.abort()
            raise asyncio.CancelledError
        if status := faults.status():
            return _error(request.path, status)
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.content_type == "application/json":
                raise
            return _error(request.path, error.status)

    return fail


def _error(path: str, status: int) -> web.Response:
    if path.startswith(_BINANCE_PATHS):
        code, said = _BINANCE_SAID.get(status, (-1000, "Not found."))
        body = msgspec.json.encode({"code": code, "msg": said})
        headers = {"Retry-After": "1"} if status in (418, 429) else {}
    else:
        body = msgspec.json.encode({"message": _SAID.get(status, "Error")})
        headers = {}
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)
