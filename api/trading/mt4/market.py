"""Prices and candles by the words of MetaTrader."""

from urllib.parse import quote, urlencode

import msgspec
from falcon.asgi import Request, Response
from msgspec import UNSET

from api.docs.openapi import operation
from api.http.middleware import symbol_of
from api.http.threads import in_thread
from api.markets.ohlcv import OhlcvResource
from api.markets.schemas_data import OhlcvQuery
from api.markets.snapshot import SnapshotResource
from api.trading.mt4.schemas import Mt4Candle, TerminalCandlesQuery, TickAnswer


class TickResource:
    """`GET /api/mt4/tick/{symbol}`"""

    def __init__(self, snapshots: SnapshotResource) -> None:
        self._snapshots = snapshots

    @operation("mt4_tick", "trading", {200: TickAnswer}, errors=(404,))
    async def on_get(self, req: Request, resp: Response, symbol: str) -> None:
        """Read the newest bid and ask of a market."""
        found = await in_thread(self._snapshots.read, req.context.account, symbol_of(symbol), None)
        resp.media = TickAnswer(
            symbol=found.symbol,
            bid=found.bid,
            ask=found.ask,
            spread=float(f"{found.ask - found.bid:.10g}"),
            timestamp=found.timestamp,
        )


class CandlesOfTerminal:
    """`GET /api/mt4/candles/{symbol}`"""

    def __init__(self, ohlcv: OhlcvResource) -> None:
        self._ohlcv = ohlcv

    @operation("mt4_candles", "trading", {200: list[Mt4Candle]}, errors=(404,))
    async def on_get(
        self, req: Request, resp: Response, symbol: str, query: TerminalCandlesQuery
    ) -> None:
        """Read the newest candles of a market, oldest first.

        Where there are older ones, the header `Link` has their address (`rel="next"`).
        """
        asked = OhlcvQuery(
            symbol=symbol_of(symbol),
            timeframe=query.timeframe,
            end=query.end or UNSET,
            limit=query.limit,
            platform=query.platform or UNSET,
        )
        found = await in_thread(self._ohlcv.read, req.context.account, asked)
        resp.media = [
            Mt4Candle(
                time=bar.timestamp, open=bar.open, high=bar.high, low=bar.low, close=bar.close,
                volume=bar.volume,
            )
            for bar in found.bars
        ]  # fmt: skip
        if found.next_cursor and found.bars:
            told = msgspec.structs.asdict(query) | {"end": found.bars[0].timestamp}
            parameters = urlencode({name: value for name, value in told.items() if value})
            place = f"/api/mt4/candles/{quote(symbol, safe='')}?{parameters}"
            resp.set_header("Link", f'<{place}>; rel="next"')
