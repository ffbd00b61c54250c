"""Candles given out, page by page."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from falcon import MEDIA_JSON
from falcon.asgi import Request, Response

from api.candles.requested_series import no_candles, stored_series
from api.candles.schemas_candles import Candle, CandlePage, CandlesQuery
from api.docs.openapi import operation
from api.docs.openapi_parts import CSV_PAGE
from api.http.cursors import read_cursor, write_cursor
from api.http.middleware import symbol_of
from api.http.ranges import opening_seconds
from api.http.threads import in_thread
from core.series import Series, flag_names
from storage.candles.candle_columns import Candles
from storage.candles.candle_store import CandleStore

CSV = "text/csv; charset=utf-8"
_HEADER = "time,open,high,low,close,volume,trades,flags"


class CandlesResource:
    """`GET /candles/{platform}/{symbol}/{resolution}`"""

    def __init__(self, candles: CandleStore) -> None:
        self._candles = candles

    @operation("read_candles", "candles", {200: CandlePage}, errors=(404, 422), more=CSV_PAGE)
    async def on_get(
        self,
        req: Request,
        resp: Response,
        platform: str,
        symbol: str,
        resolution: str,
        query: CandlesQuery,
    ) -> None:
        """Read candles, oldest first.

        A page begins at `start`, or where the cursor of the page before says.
        Both ends of the range are included. Also as CSV, then with the cursor in
        the header `X-Next-Cursor`.
        """
        series = stored_series(platform, symbol_of(symbol), resolution)
        as_csv = query.format == "csv" or (
            not query.format and req.client_prefers((MEDIA_JSON, "text/csv")) == "text/csv"
        )
        resp.append_header("Vary", "Accept")
        resp.content_type = CSV if as_csv else MEDIA_JSON
        resp.data, cursor = await in_thread(self._page, series, query, as_csv)
        if as_csv and cursor:
            resp.set_header("X-Next-Cursor", cursor)

    def _page(self, series: Series, query: CandlesQuery, as_csv: bool) -> tuple[bytes, str | None]:
        start, end = opening_seconds(query.start or None, query.end or None)
        if query.cursor:
            start = read_cursor(query.cursor)
        # One more than asked for tells whether there is a next page, and where it begins.
        more = 0 if query.newest else 1
        found = self._candles.read(series, start, end, query.limit + more, query.newest)
        if not len(found) and not self._candles.read(series, limit=1):
            raise no_candles(series, self._candles)
        beyond = len(found) > query.limit
        cursor = write_cursor(int(found.time[query.limit])) if beyond else None
        page = found.take(slice(0, query.limit))
        return (_csv(page) if as_csv else _json(series, page, cursor)), cursor


def _json(series: Series, candles: Candles, cursor: str | None) -> bytes:
    shown = [Candle(*row) for row in zip(*candle_columns(candles), strict=True)]
    page = CandlePage(series.platform, series.symbol, series.resolution, shown, cursor)
    return msgspec.json.encode(page)


def candle_columns(candles: Candles) -> Sequence[Sequence[Any]]:
    """Return times, prices, volumes, counts of trades and names of flags, as they are shown."""
    known = {mark: flag_names(mark) for mark in set(candles.flags.tolist())}
    return (
        _times(candles),
        *(getattr(candles, name).tolist() for name in ("open", "high", "low", "close", "volume")),
        [None if count < 0 else count for count in candles.trades.tolist()],
        [known[mark] for mark in candles.flags.tolist()],
    )


def _times(candles: Candles) -> list[str]:
    text: list[str] = np.datetime_as_string(candles.time.astype("M8[s]"), timezone="UTC").tolist()
    return text


def _csv(candles: Candles) -> bytes:
    times, *prices, trades, flags = candle_columns(candles)
    lines = [_HEADER]
    for time, *values, count, names in zip(times, *prices, trades, flags, strict=True):
        numbers = ",".join(map(repr, values))
        lines.append(f"{time},{numbers},{'' if count is None else count},{' '.join(names)}")
    return "\n".join([*lines, ""]).encode()
