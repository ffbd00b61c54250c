"""Forecasts made before the fact, as the ledger holds them."""

from typing import cast

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.cursors import read_cursor, write_cursor
from api.http.ranges import opening_seconds
from api.http.threads import in_database_thread
from api.next_candle.requests import NextCandleRequests
from api.next_candle.schemas import FuturesPage, FuturesPoint, FuturesQuery
from api.next_candle.work import TAG
from core.clock.times import LATEST_MS, format_time
from core.ledger import LIVE
from core.next_candle import HORIZON, LEDGER_MODEL
from storage.ledger.ledger_reads import LedgerReader
from storage.ledger.ledger_rows import LedgerRow


class FuturesResource:
    """`GET /futures`"""

    def __init__(self, requests: NextCandleRequests, reader: LedgerReader) -> None:
        self._requests = requests
        self._reader = reader

    @operation("read_futures", TAG, {200: FuturesPage}, errors=(404, 422))
    async def on_get(self, req: Request, resp: Response, query: FuturesQuery) -> None:
        """Read forecasts of the next close that were made in time, and what came.

        They are rows of the live ledger, one candle ahead: none was made after
        the fact, and none can change. See `GET /ledger` for their hashes.
        """
        resp.media = await in_database_thread(self._page, query)

    def _page(self, query: FuturesQuery) -> FuturesPage:
        series = self._requests.stored(query)
        start, end = opening_seconds(query.start or None, query.end or None)
        wanted = {
            "platform": series.platform,
            "symbol": series.symbol,
            "resolution": series.resolution,
            "horizon": HORIZON,
            "model": LEDGER_MODEL,
        }
        after = read_cursor(query.cursor) if query.cursor else 0
        ends = start or 0, LATEST_MS // 1_000 if end is None else end
        page = self._reader.page(LIVE, wanted, *ends, query.limit, after)
        return FuturesPage(
            series.platform,
            series.symbol,
            series.resolution,
            LEDGER_MODEL,
            [_point(row) for row in page.rows],
            write_cursor(page.rows[-1].seq) if page.more else None,
        )


def _point(row: LedgerRow) -> FuturesPoint:
    came = row.realised
    return FuturesPoint(
        time=format_time(row.opening * 1_000),
        pred_close=row.predicted,
        real_close=came,
        err_close=None if came is None else row.predicted - came,
        made_at=format_time(row.made_at),
        prob_up=cast(float, row.prob_up),  # a model of ours says it
        interval=row.intervals,
        last_price=row.last_price,
        seq=row.seq,
    )
