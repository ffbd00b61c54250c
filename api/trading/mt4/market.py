"""Prices and candles by the words of MetaTrader."""

from urllib.parse import quote, urlencode

import msgspec
from falcon.asgi import Request, Response
from msgspec import UNSET

from api.docs.openapi import operation
from api.http.middleware import symbol_of
from api.http.threads import in_database_thread, in_thread
from api.markets.ohlcv import OhlcvResource
from api.markets.schemas_data import OhlcvQuery
from api.markets.snapshot import SnapshotResource
from api.trading.account_of import account_number
from api.trading.mt4.schemas import Mt4Candle, TerminalCandlesQuery, TickAnswer
from api.trading.mt4.venue_terminal import VenueTerminal
from api.trading.venues.accounts import CallersAccounts
from core.clock.resolutions import parse_resolution
from core.clock.times import parse_time


class TickResource:
    """`GET /api/mt4/tick/{symbol}`"""

    def __init__(
        self, snapshots: SnapshotResource, callers: CallersAccounts, venue: VenueTerminal
    ) -> None:
        self._snapshots = snapshots
        self._callers = callers
        self._venue = venue

    @operation("mt4_tick", "trading", {200: TickAnswer}, errors=(404, 503))
    async def on_get(self, req: Request, resp: Response, symbol: str) -> None:
        """Read the newest bid and ask: the venue's where an account is connected, else ours."""
        held = await in_database_thread(self._callers.connected, account_number(req))
        if held is not None:
            resp.media = await self._venue.tick(held, symbol_of(symbol))
            return
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

    def __init__(
        self, ohlcv: OhlcvResource, callers: CallersAccounts, venue: VenueTerminal
    ) -> None:
        self._ohlcv = ohlcv
        self._callers = callers
        self._venue = venue

    @operation("mt4_candles", "trading", {200: list[Mt4Candle]}, errors=(404, 503))
    async def on_get(
        self, req: Request, resp: Response, symbol: str, query: TerminalCandlesQuery
    ) -> None:
        """Read the newest candles of a market, oldest first.

        They are the venue's where an account is connected and no `platform` is named, up to 1h
        ones. Where there are older ones, the header `Link` has their address (`rel="next"`).
        """
        held = await in_database_thread(self._callers.connected, account_number(req))
        if held is not None and query.platform is None:
            end = None if query.end is None else parse_time(query.end, "end") // 1_000
            length = parse_resolution(query.timeframe, "timeframe")
            shown = await self._venue.candles(held, symbol_of(symbol), length, query.limit, end)
            resp.media = shown
            if len(shown) == query.limit:
                _link_older(resp, symbol, query, shown[0].time)
            return
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
            _link_older(resp, symbol, query, found.bars[0].timestamp)


def _link_older(resp: Response, symbol: str, query: TerminalCandlesQuery, first: str) -> None:
    """Tell where the candles before the first of an answer are."""
    told = msgspec.structs.asdict(query) | {"end": first}
    parameters = urlencode({name: value for name, value in told.items() if value})
    place = f"/api/mt4/candles/{quote(symbol, safe='')}?{parameters}"
    resp.set_header("Link", f'<{place}>; rel="next"')
