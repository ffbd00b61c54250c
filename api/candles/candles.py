"""Candles given out: page by page, or all at once as a table."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np
from falcon import MEDIA_JSON
from falcon.asgi import Request, Response

from api.candles.care import MoveQuery, SeriesCare, SeriesMoved
from api.candles.requested_series import no_candles, stored_market, stored_series
from api.candles.schemas_candles import PAGE, Candle, CandlePage, CandlesQuery
from api.docs.openapi import operation
from api.docs.openapi_parts import TABLE_PAGE
from api.http.cursors import read_cursor, write_cursor
from api.http.middleware import symbol_of
from api.http.ranges import opening_seconds
from api.http.tables import (
    CSV,
    JSON,
    NEXT_CURSOR,
    PARQUET_ROWS,
    send_table,
    stream_parts,
    wanted_form,
)
from api.http.threads import in_thread
from core.columnar.tables import CANDLE_FIELDS, PARQUET, read_stream, to_parquet
from core.series import Series, flag_names
from storage.candles.candle_columns import Candles
from storage.candles.candle_store import CandleStore
from storage.candles.packed.chunks import Chunk, pack
from storage.candles.packed.packed_candles import PackedCandles

_HEADER = "time,open,high,low,close,volume,trades,flags\n"


class CandlesResource:
    """`GET` and `DELETE /candles/{platform}/{symbol}/{resolution}`"""

    def __init__(self, candles: CandleStore, packed: PackedCandles, care: SeriesCare) -> None:
        self._candles = candles
        self._packed = packed
        self._care = care

    @operation("read_candles", "candles", {200: CandlePage}, errors=(404, 422), more=TABLE_PAGE)
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
        Both ends of the range are included. Also as CSV, as a stream of Arrow, or as
        Parquet: then all candles of the range come in one answer, or with `limit` a page
        with the cursor in the header `X-Next-Cursor`.
        """
        series = stored_series(platform, symbol_of(symbol), resolution)
        form = wanted_form(req, query.format or None)
        if form == JSON:
            resp.append_header("Vary", "Accept")
            resp.content_type = MEDIA_JSON
            resp.data = await in_thread(self._json_page, series, query)
            return
        chunks, cursor = await in_thread(self._found, series, query, form)
        if cursor:
            resp.set_header(NEXT_CURSOR, cursor)
        name = f"{series.platform}-{series.symbol}-{series.resolution}"
        await send_table(resp, form, name, _parts(form, chunks))

    @operation("delete_series", "candles", {200: SeriesMoved}, errors=(404, 409, 422))
    async def on_delete(
        self,
        req: Request,
        resp: Response,
        platform: str,
        symbol: str,
        resolution: str,
        query: MoveQuery,
    ) -> None:
        """Delete the candles of a series, or (`dry_run`) tell what hangs on them.

        For a day `POST /candles/undo/{id}` brings them back.
        """
        market = stored_market(platform, symbol_of(symbol))
        delete = self._care.delete
        resp.media = await in_thread(delete, market, resolution, dry_run=query.dry_run)

    def _json_page(self, series: Series, query: CandlesQuery) -> bytes:
        return _json(series, *self._page(series, query, query.limit or PAGE))

    def _found(
        self, series: Series, query: CandlesQuery, form: str
    ) -> tuple[Iterator[Chunk], str | None]:
        """Return a page, or all candles of the range, and where the rest begins."""
        if query.limit:
            page, cursor = self._page(series, query, query.limit)
            return iter([pack(page)] if len(page) else []), cursor
        chunks = self._packed.chunks(series, *_range(query))
        first = next(chunks, None)
        if first is None and not self._candles.read(series, limit=1):
            raise no_candles(series, self._candles)
        every = chain([first] if first else [], chunks)
        if form != PARQUET:
            return every, None
        held, cursor = _first_rows(every, PARQUET_ROWS)
        return iter(held), cursor

    def _page(self, series: Series, query: CandlesQuery, limit: int) -> tuple[Candles, str | None]:
        start, end = _range(query)
        # One more than asked for tells whether there is a next page, and where it begins.
        more = 0 if query.newest else 1
        found = self._candles.read(series, start, end, limit + more, query.newest)
        if not len(found) and not self._candles.read(series, limit=1):
            raise no_candles(series, self._candles)
        beyond = len(found) > limit
        cursor = write_cursor(int(found.time[limit])) if beyond else None
        return found.take(slice(0, limit)), cursor


def _first_rows(chunks: Iterator[Chunk], most: int) -> tuple[list[Chunk], str | None]:
    """Return chunks of at most so many rows, and where the rest begins."""
    held, rows = list[Chunk](), 0
    for chunk in chunks:
        rows += chunk.rows
        if rows > most:
            return held, write_cursor(chunk.first)
        held.append(chunk)
    return held, None


def _range(query: CandlesQuery) -> tuple[int | None, int | None]:
    start, end = opening_seconds(query.start or None, query.end or None)
    return (read_cursor(query.cursor) if query.cursor else start), end


def _parts(form: str, chunks: Iterator[Chunk]) -> Iterator[bytes]:
    if form == CSV:
        yield _HEADER.encode()
        for chunk in chunks:
            yield _csv_lines(chunk.candles())
        return
    stream = stream_parts(CANDLE_FIELDS, (chunk.message for chunk in chunks))
    if form == PARQUET:
        yield to_parquet(CANDLE_FIELDS, read_stream(b"".join(stream)))
    else:
        yield from stream


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


def _csv_lines(candles: Candles) -> bytes:
    times, *prices, trades, flags = candle_columns(candles)
    lines = []
    for time, *values, count, names in zip(times, *prices, trades, flags, strict=True):
        numbers = ",".join(map(repr, values))
        lines.append(f"{time},{numbers},{'' if count is None else count},{' '.join(names)}")
    return "\n".join([*lines, ""]).encode()
