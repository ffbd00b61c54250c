"""Massive from files: its custom bars, asked for with a key.

Any key is taken but one that begins with `wrong`. Bars of any number of minutes or hours are
joined of the shortest that are there; answers are cut by what they are made of, as theirs are.
"""

from collections.abc import Iterator
from itertools import groupby
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from feeds.simulator.candle_tape import Candle
from feeds.simulator.catalog import Product
from feeds.simulator.faults import Faults
from feeds.simulator.market_clock import MarketClock
from feeds.simulator.simulated import SimulatedVenue

PLATFORM = "massive"
_LENGTHS = {"minute": 60, "hour": 3_600, "day": 86_400}
_MOST, _USUAL = 50_000, 5_000
_SAID = {401: "Unknown API Key", 404: "Not Found", 429: "You've exceeded the maximum requests "
         "per minute, please wait or upgrade your subscription to continue."}  # fmt: skip


def simulate(products: dict[str, Product], clock: MarketClock, faults: Faults) -> SimulatedVenue:
    """Return the routes of Massive with these products, whose names are plain: `XAUUSD`."""

    async def bars(request: web.Request) -> web.Response:
        """List bars that open in a range of milliseconds, at most so many minutes of them."""
        bearer, _, key = request.headers.get("Authorization", "").partition(" ")
        if bearer != "Bearer" or not key or key.startswith("wrong"):
            raise _refusal(401)
        found = request.match_info
        product = products.get(found["ticker"].partition(":")[2] or found["ticker"])
        length = int(found["count"]) * _LENGTHS[found["unit"]]
        start, end = (int(found[name]) for name in ("start", "end"))
        limit = min(int(request.query.get("limit", _USUAL)), _MOST)
        candles = _joined(product, length, -(-start // 1_000), end // 1_000) if product else []
        # The limit counts minutes, whatever the bars' length.
        fitting = max(1, limit * 60 // length)
        page = faults.thin([_bar(one) for one in candles[:fitting]])
        body = {
            "ticker": found["ticker"], "queryCount": len(candles), "resultsCount": len(page),
            "adjusted": True, "results": page, "status": "OK", "request_id": "simulated",
            "count": len(page),
        }  # fmt: skip
        if len(candles) > fitting:
            begin = candles[fitting].time * 1_000
            path = f"/v2/aggs/ticker/{found['ticker']}/range/{found['count']}/{found['unit']}"
            query = urlencode({"limit": limit, "sort": "asc"})
            body["next_url"] = f"https://api.massive.com{path}/{begin}/{end}?{query}"
        if not candles:
            del body["results"]
        return web.Response(body=msgspec.json.encode(body), content_type="application/json")

    path = (
        r"/v2/aggs/ticker/{ticker}/range/{count:\d+}/{unit:minute|hour|day}/{start:\d+}/{end:\d+}"
    )
    return SimulatedVenue([web.get(path, bars)], ("/v2/",), _error)


def _joined(product: Product, length: int, start: int, end: int) -> list[Candle]:
    shortest = min(one for one in product.candles if length % one == 0)
    parts = product.candles_between(shortest, start, end + length - shortest)
    made = groupby(parts, lambda one: one.time // length * length)
    bars: Iterator[Candle] = (_join(opened, list(group)) for opened, group in made)
    return [one for one in bars if start <= one.time <= end]


def _join(opened: int, parts: list[Candle]) -> Candle:
    return Candle(
        opened,
        parts[0].open,
        max(one.high for one in parts),
        min(one.low for one in parts),
        parts[-1].close,
        sum(one.volume for one in parts),
        parts[-1].finished,
    )


def _bar(one: Candle) -> dict[str, float]:
    prices = {"o": one.open, "h": one.high, "l": one.low, "c": one.close}
    mean = (one.open + one.close) / 2
    return {"v": one.volume, "vw": mean, **prices, "t": one.time * 1_000, "n": 1}


def _refusal(status: int) -> web.HTTPException:
    text = msgspec.json.encode(_error(status)[0]).decode()
    return web.HTTPUnauthorized(text=text, content_type="application/json")


def _error(status: int) -> tuple[object, dict[str, str]]:
    said = _SAID.get(status, "Internal error")
    return {"status": "ERROR", "request_id": "simulated", "error": said}, {}
