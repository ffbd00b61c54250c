"""What became of live data: trades, anomalies, rejected messages."""

from collections.abc import Iterator

from falcon.asgi import Request, Response

from api.candles.requested_series import stored_market
from api.candles.schemas_candles import PAGE, PAGE_LIMIT
from api.docs.openapi import operation
from api.docs.openapi_parts import TABLE_PAGE
from api.http.cursors import read_place, write_cursor
from api.http.middleware import symbol_of
from api.http.ranges import instants
from api.http.tables import (
    JSON,
    NEXT_CURSOR,
    PARQUET_ROWS,
    first_pages,
    send_table,
    table_parts,
    wanted_form,
)
from api.http.threads import in_thread
from api.live.schemas_live import (
    AnomaliesPage,
    AnomaliesQuery,
    AnomalyShown,
    GapShown,
    GapsPage,
    QuarantinedShown,
    QuarantinePage,
    QuarantineQuery,
    RangeQuery,
    TradeShown,
    TradesPage,
    TradesQuery,
)
from core.clock.times import format_each_microsecond, format_microseconds, format_time
from core.columnar.tables import PARQUET, Field, Kind
from core.names import check_name
from core.series import Market
from storage.journal.pages import Position, TradePage
from storage.journal.query import TradeReader
from storage.live.quarantine import Quarantine
from storage.live.traded_markets import TradedMarkets
from storage.trades.anomalies import AnomalyStore
from storage.trades.gap_ledger import Gap, GapLedger

# As `TradeRow` has them.
_TRADE_FIELDS = (
    Field("trade_id", Kind.INTEGER),
    Field("time", Kind.MICROTIME),
    Field("price", Kind.FLOAT),
    Field("size", Kind.FLOAT),
    Field("side", Kind.TEXT),
    Field("last_trade_id", Kind.INTEGER),
)


class TradesResource:
    """`GET /trades/{platform}/{symbol}`"""

    def __init__(self, trades: TradeReader, traded: TradedMarkets) -> None:
        self._trades = trades
        self._traded = traded

    @operation("read_trades", "live", {200: TradesPage}, errors=(404, 422), more=TABLE_PAGE)
    async def on_get(
        self, req: Request, resp: Response, platform: str, symbol: str, query: TradesQuery
    ) -> None:
        """Read every accepted trade, in the order in which they happened.

        Also as CSV, Arrow or Parquet: then all of the span come in one answer, or with
        `limit` a page, with the cursor in the header `X-Next-Cursor`.
        """
        market = stored_market(platform, symbol_of(symbol))
        form = wanted_form(req, query.format)
        pages = self._pages(market, query, form)
        if form == JSON:
            page = await in_thread(self._first, market, pages)
            resp.append_header("Vary", "Accept")
            resp.media = TradesPage(*market, _shown_trades(page), _cursor(page))
            return
        await in_thread(self._traded.check, market)
        if most := query.limit or (PARQUET_ROWS if form == PARQUET else None):
            held = await in_thread(first_pages, pages, lambda page: len(page.time), most)
            if cursor := _cursor(held[-1]):
                resp.set_header(NEXT_CURSOR, cursor)
            pages = iter(held)
        columns = (page.columns for page in pages if page.time)
        name = f"{market.platform}-{market.symbol}-trades"
        await send_table(resp, form, name, table_parts(form, _TRADE_FIELDS, columns))

    def _first(self, market: Market, pages: Iterator[TradePage]) -> TradePage:
        self._traded.check(market)
        return next(pages)

    def _pages(self, market: Market, query: TradesQuery, form: str) -> Iterator[TradePage]:
        """Yield pages until the end of the span."""
        span = instants(query.start, query.end)
        after = Position(*read_place(query.cursor, 3)) if query.cursor else None
        limit = query.limit or (PAGE if form == JSON else PAGE_LIMIT)
        while True:
            begin, end = span.start * 1_000, span.end * 1_000 + 999
            page = self._trades.page(*market, begin, end, limit, after)
            yield page
            if (after := page.next_position) is None:
                return


def _cursor(page: TradePage) -> str | None:
    return write_cursor(*page.next_position) if page.next_position else None


class AnomaliesResource:
    """`GET /anomalies/{platform}/{symbol}`"""

    def __init__(self, anomalies: AnomalyStore, traded: TradedMarkets) -> None:
        self._anomalies = anomalies
        self._traded = traded

    @operation("read_anomalies", "live", {200: AnomaliesPage}, errors=(404, 422))
    async def on_get(
        self, req: Request, resp: Response, platform: str, symbol: str, query: AnomaliesQuery
    ) -> None:
        """Read what the detector found: bad prints, huge sizes, disorder, crossed quotes."""
        market = stored_market(platform, symbol_of(symbol))
        span = instants(query.start, query.end)
        await in_thread(self._traded.check, market)
        offset = read_place(query.cursor, 1)[0] if query.cursor else 0
        found = await in_thread(
            self._anomalies.read, *market, *span, query.min_score, query.limit + 1, offset
        )
        shown = [
            AnomalyShown(
                format_microseconds(one.time),
                one.trade_id,
                one.price,
                one.size,
                one.score,
                one.reason,
            )
            for one in found[: query.limit]
        ]
        more = len(found) > query.limit
        cursor = write_cursor(offset + query.limit) if more else None
        resp.media = AnomaliesPage(*market, shown, cursor)


class QuarantineResource:
    """`GET /quarantine/{platform}`"""

    def __init__(self, quarantine: Quarantine) -> None:
        self._quarantine = quarantine

    @operation("read_quarantine", "live", {200: QuarantinePage}, errors=(422,))
    async def on_get(
        self, req: Request, resp: Response, platform: str, query: QuarantineQuery
    ) -> None:
        """Read rejected messages and why they were rejected, newest first."""
        check_name(platform, "platform")
        before = "-".join(map(str, read_place(query.cursor, 2))) if query.cursor else None
        counts = await in_thread(self._quarantine.counts, platform)
        found, last = await in_thread(self._quarantine.newest, platform, query.limit, before)
        resp.media = QuarantinePage(
            platform,
            counts["accepted"],
            counts["ignored"],
            counts["rejected"],
            [QuarantinedShown(format_time(one.at), one.reason, one.message) for one in found],
            write_cursor(*map(int, last.split("-"))) if last else None,
        )


class GapsResource:
    """`GET /gaps/{platform}/{symbol}`"""

    def __init__(self, gaps: GapLedger, traded: TradedMarkets) -> None:
        self._gaps = gaps
        self._traded = traded

    @operation("read_gaps", "live", {200: GapsPage}, errors=(404, 422))
    async def on_get(
        self, req: Request, resp: Response, platform: str, symbol: str, query: RangeQuery
    ) -> None:
        """Read which trades are missing or were, and spans in which nobody traded."""
        market = stored_market(platform, symbol_of(symbol))
        span = instants(query.start, query.end)
        await in_thread(self._traded.check, market)
        after = read_place(query.cursor, 1)[0] if query.cursor else 0
        found = await in_thread(
            self._gaps.list,
            market,
            span.start * 1_000,
            span.end * 1_000 + 999,
            query.limit + 1,
            after,
        )
        page = found[: query.limit]
        cursor = write_cursor(page[-1].id) if len(found) > query.limit else None
        resp.media = GapsPage(*market, [_shown(gap) for gap in page], cursor)


def _shown_trades(page: TradePage) -> list[TradeShown]:
    ids, times, prices, sizes, sides, last = page.columns
    told = format_each_microsecond(times)
    return list(map(TradeShown, ids, told, prices, sizes, sides, last))


def _shown(gap: Gap) -> GapShown:
    missing = gap.last_id - gap.first_id + 1
    return GapShown(
        gap.id,
        gap.first_id if missing else None,
        gap.last_id if missing else None,
        missing,
        format_microseconds(gap.after_time) if gap.after_time else None,
        format_microseconds(gap.before_time) if gap.before_time else None,
        gap.state,
        gap.recovered,
        format_time(gap.found_at),
        format_time(gap.closed_at) if gap.closed_at is not None else None,
        gap.reason,
    )
