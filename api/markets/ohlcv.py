"""Candles by the names that users say, of any length that is held or can be made."""

from typing import NamedTuple

import msgspec
from falcon import MEDIA_JSON
from falcon.asgi import Request, Response

from api.candles.candles import candle_columns
from api.docs.openapi import operation
from api.http.cursors import read_place, write_cursor
from api.http.ranges import opening_bounds
from api.http.threads import in_thread
from api.markets.schemas_data import Bar, Bars, OhlcvQuery
from api.markets.symbol_resolver import SymbolResolver
from core.clock.resolutions import parse_resolution, resolution_name
from core.clock.times import format_time
from core.robots.accounts import Account
from core.series import Market, Series
from storage.candles.folding.folded_candles import FoldedPage
from storage.stores import Stores

_FORWARDS, _BACKWARDS = 0, 1


class _Wanted(NamedTuple):
    """Openings from `start` to before `end` (s): the first of them, or the newest."""

    start: int | None
    end: int | None
    newest: bool


class OhlcvResource:
    """`GET /api/ohlcv`"""

    def __init__(self, stores: Stores, symbols: SymbolResolver) -> None:
        self._candles = stores.candles
        self._folded = stores.folded
        self._symbols = symbols

    @operation("ohlcv", "data", {200: Bars}, errors=(404,))
    async def on_get(self, req: Request, resp: Response, query: OhlcvQuery) -> None:
        """Read the candles of a market, oldest first.

        Where candles of the timeframe are not held, they are made of shorter ones: whole
        ones, marked as a gap where one of an open market is missing. 404 where there is
        nothing to make them of.
        """
        resp.content_type = MEDIA_JSON
        resp.data = await in_thread(self._answer, req.context.account, query)

    def _answer(self, account: Account | None, query: OhlcvQuery) -> bytes:
        return msgspec.json.encode(self.read(account, query))

    def read(self, account: Account | None, query: OhlcvQuery) -> Bars:
        """Return the candles that a query asks for; blocks, and raises as the route answers."""
        resolution = parse_resolution(query.timeframe, "timeframe")
        wanted = _wanted(query)
        symbols, platform = self._symbols, query.platform or None
        series = symbols.series(query.symbol, platform, resolution, account, folded=True)
        symbols.check_in_plan(account, Market(series.platform, series.symbol), resolution)
        page = self._folded.page(
            series,
            *wanted[:2],
            query.limit,
            newest=wanted.newest,
            partial=query.include_partial == "true",
        )
        if page.newest is None:
            raise symbols.no_candles(account, series, self._candles)
        return _bars(query, series, page, wanted)


def _wanted(query: OhlcvQuery) -> _Wanted:
    start, end = opening_bounds(query.start or None, query.end or None)
    if query.cursor:
        way, second = read_place(query.cursor, 2)
        return _Wanted(start, second, True) if way else _Wanted(second, end, False)
    return _Wanted(start, end, start is None)


def _bars(query: OhlcvQuery, series: Series, page: FoldedPage, wanted: _Wanted) -> Bars:
    *columns, _, flags = candle_columns(page.candles)
    bars = [Bar(*row) for row in zip(*columns, flags, strict=True)]
    cursor = None
    if page.more and bars:
        times = page.candles.time
        place = (_BACKWARDS, times[0]) if wanted.newest else (_FORWARDS, times[-1] + 1)
        cursor = write_cursor(*map(int, place))
    return Bars(
        bars=bars if query.order == "asc" else bars[::-1],
        symbol=query.symbol,
        timeframe=resolution_name(series.resolution),
        count=len(bars),
        platform=series.platform,
        next_cursor=cursor,
        folded_from=None if page.source is None else resolution_name(page.source),
        last_candle=None if page.newest is None else format_time(page.newest * 1_000),
    )
