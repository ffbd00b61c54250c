"""MetaApi's market data from files: candles back from an instant, asked for with a token.

Any token and account are taken but those that begin with `wrong`.
"""

import time
from datetime import datetime

import msgspec
from aiohttp import web

from core.clock.times import format_time
from feeds.simulator.candle_tape import Candle
from feeds.simulator.catalog import Product
from feeds.simulator.faults import Faults
from feeds.simulator.market_clock import MarketClock
from feeds.simulator.simulated import SimulatedVenue

PLATFORM = "metaapi"
_LENGTHS = {"1m": 60, "5m": 300, "15m": 900, "30m": 1_800, "1h": 3_600, "4h": 14_400, "1d": 86_400}
_MOST = 1_000
# The broker's server is so far ahead of UTC, which `brokerTime` shows.
_BROKER_MS = 7_200_000
_PATH = (
    "/users/current/accounts/{account}/historical-market-data"
    "/symbols/{symbol}/timeframes/{timeframe}/candles"
)
_NAMES = {
    400: "ValidationError", 401: "UnauthorizedError", 403: "ForbiddenError", 404: "NotFoundError",
    429: "TooManyRequestsError", 504: "TimeoutError",
}  # fmt: skip
_RETRY_S = 1


def simulate(products: dict[str, Product], clock: MarketClock, faults: Faults) -> SimulatedVenue:
    """Return the route of MetaApi's candles with these products."""

    async def candles(request: web.Request) -> web.Response:
        """List candles back from `startTime`, oldest first, at most 1,000."""
        token, found = request.headers.get("auth-token", ""), request.match_info
        if not token or token.startswith("wrong"):
            raise _refusal(401)
        length, product = _LENGTHS.get(found["timeframe"]), products.get(found["symbol"])
        if length is None:
            raise _refusal(400)
        if product is None or found["account"].startswith("wrong"):
            raise _refusal(404)
        limit = min(int(request.query.get("limit", _MOST)), _MOST)
        since = request.query.get("startTime")
        end = clock.now_ms() // 1_000 if since is None else _second(since)
        rows = [_row(one, found) for one in product.newest_candles(length, end, limit)]
        body = msgspec.json.encode(faults.thin(rows))
        return web.Response(body=body, content_type="application/json")

    return SimulatedVenue([web.get(_PATH, candles)], ("/users/",), _error)


def _second(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise _refusal(400) from None


def _row(one: Candle, asked: web.UrlMappingMatchInfo) -> dict[str, object]:
    at = one.time * 1_000
    return {
        "symbol": asked["symbol"], "timeframe": asked["timeframe"], "time": format_time(at),
        "brokerTime": format_time(at + _BROKER_MS).replace("T", " ").replace("Z", ".000"),
        "open": one.open, "high": one.high, "low": one.low, "close": one.close,
        "tickVolume": int(one.volume), "spread": 2, "volume": 0,
    }  # fmt: skip


def _refusal(status: int) -> web.HTTPException:
    kinds = {400: web.HTTPBadRequest, 401: web.HTTPUnauthorized, 404: web.HTTPNotFound}
    text = msgspec.json.encode(_error(status)[0]).decode()
    return kinds[status](text=text, content_type="application/json")


def _error(status: int) -> tuple[object, dict[str, str]]:
    told: dict[str, object] = {
        "id": 1, "error": _NAMES.get(status, "InternalError"), "message": "Simulated.",
    }  # fmt: skip
    if status != 429:
        return told, {}
    again = format_time(int((time.time() + _RETRY_S) * 1_000))
    return told | {"metadata": {"recommendedRetryTime": again}}, {"Retry-After": str(_RETRY_S)}
