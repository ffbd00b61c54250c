"""The simulator: every exchange that can be simulated, at one address."""

import asyncio
from collections.abc import Sequence
from email.utils import formatdate
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NamedTuple

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

import feeds
from feeds.simulator.catalog import open_products
from feeds.simulator.faults import Faults
from feeds.simulator.market_clock import MarketClock
from feeds.simulator.simulated import SimulatedVenue


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
    modules = _venue_simulators()
    products = [open_products(options.data, module.PLATFORM, clock) for module in modules]
    if not any(products):
        names = ",".join(module.PLATFORM for module in modules)
        layout = f"candles/{{{names}}}/SYMBOL/SECONDS.csv[.gz]"
        raise ValueError(f"there are no files like {layout} in {options.data}")
    venues: list[SimulatedVenue] = [
        module.simulate(held, clock, faults) for module, held in zip(modules, products, strict=True)
    ]
    app = web.Application(middlewares=[_failing(faults, venues)])
    for venue in venues:
        app.add_routes(venue.routes)

    async def stamp(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = formatdate(clock.now_ms() / 1_000, usegmt=True)

    app.on_response_prepare.append(stamp)
    return app


def _venue_simulators() -> list[Any]:
    """Return the module `simulator` of every venue's folder that has one.

    Found by its place and not through the table of venues: each is made of the parts in
    this folder, which thus may not import it.
    """
    names = [f"{feeds.__name__}.{folder.name}" for folder in iter_modules(feeds.__path__)]
    return [
        import_module(f"{name}.simulator")
        for name in names
        if getattr(find_spec(name), "submodule_search_locations", None)
        and find_spec(f"{name}.simulator")
    ]


def _failing(faults: Faults, venues: Sequence[SimulatedVenue]) -> Middleware:
    """Return a middleware that fails on purpose and gives errors the exchange's form."""

    @web.middleware
    async def fail(request: web.Request, handler: Handler) -> web.StreamResponse:
        if faults.happens("drop") and request.transport:
            request.transport.abort()
            raise asyncio.CancelledError
        if status := faults.status():
            return _error(venues, request.path, status)
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.content_type == "application/json":
                raise
            return _error(venues, request.path, error.status)

    return fail


def _error(venues: Sequence[SimulatedVenue], path: str, status: int) -> web.Response:
    """Answer in the words of the venue that knows the longest beginning of the path."""
    known = [(len(one), venue) for venue in venues for one in venue.paths if path.startswith(one)]
    venue = max(known, key=lambda one: one[0])[1]
    said, headers = venue.error(status)
    body = msgspec.json.encode(said)
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)
