"""MetaApi's market data from files: candles back from an instant."""

from datetime import datetime

from aiohttp import web

from core.clock.times import format_time
from feeds.metaapi.simulator.words import broker_time, check_token, refusal
from feeds.simulator.candle_tape import Candle
from feeds.simulator.catalog import Product
from feeds.simulator.fault_script import json_answer
from feeds.simulator.faults import Faults
from feeds.simulator.market_clock import MarketClock

PATH = "/historical-market-data/symbols/{symbol}/timeframes/{timeframe}/candles"
_LENGTHS = {"1m": 60, "5m": 300, "15m": 900, "30m": 1_800, "1h": 3_600, "4h": 14_400, "1d": 86_400}
_MOST = 1_000


class CandleRoute:
    """Lists candles of these products."""

    def __init__(self, products: dict[str, Product], clock: MarketClock, faults: Faults) -> None:
        self._products, self._clock, self._faults = products, clock, faults

    async def answer(self, request: web.Request) -> web.Response:
        """List candles back from `startTime`, oldest first, at most 1,000."""
        check_token(request)
        found = request.match_info
        length, product = _LENGTHS.get(found["timeframe"]), self._products.get(found["symbol"])
        if length is None:
            raise refusal(400)
        if product is None or found["account"].startswith("wrong"):
            raise refusal(404)
        limit = min(int(request.query.get("limit", _MOST)), _MOST)
        since = request.query.get("startTime")
        end = self._clock.now_ms() // 1_000 if since is None else _second(since)
        rows = [_row(one, found) for one in product.newest_candles(length, end, limit)]
        return json_answer(self._faults.thin(rows))


def _second(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise refusal(400) from None


def _row(one: Candle, asked: web.UrlMappingMatchInfo) -> dict[str, object]:
    at = one.time * 1_000
    return {
        "symbol": asked["symbol"], "timeframe": asked["timeframe"], "time": format_time(at),
        "brokerTime": broker_time(at),
        "open": one.open, "high": one.high, "low": one.low, "close": one.close,
        "tickVolume": int(one.volume), "spread": 2, "volume": 0,
    }  # fmt: skip
