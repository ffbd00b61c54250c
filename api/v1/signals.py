"""Buy, sell or hold, with the evidence, and what became of earlier ones."""

from typing import Any

import msgspec
from falcon.asgi import Request, Response

from api.candles.requested_series import stored_market
from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.http.schemas import TaskQueued
from api.http.threads import in_database_thread
from api.http.v1_envelope import V1Error, succeed
from api.markets.symbol_resolver import SymbolResolver
from api.v1.forecast_answers import Call, Outlooks
from api.v1.schemas_history import (
    HistoryAnswer,
    HistoryQuery,
    Pagination,
    SignalHistory,
    show_signal,
)
from api.v1.schemas_signals import SignalAnswer, SignalRequest
from core.answers.signals import SignalData
from core.clock.times import parse_time
from core.errors import InvalidRequest, NotFound
from core.signals import SIGNAL_ANSWER, SIGNAL_MODEL, check_horizon
from storage.models.signals import SignalFilter, SignalRecord, SignalStore
from tasks.task_table import GENERATE_SIGNAL

SIGNAL_CALL = Call(SIGNAL_ANSWER, SIGNAL_MODEL, GENERATE_SIGNAL)


class SignalsResource:
    """`POST /api/v1/signals`"""

    def __init__(self, outlooks: Outlooks) -> None:
        self._outlooks = outlooks

    @operation(
        "generate_signal",
        "v1",
        {200: SignalAnswer, 202: TaskQueued},
        body=True,
        more=TASK,
        failure=V1Error,
    )
    async def on_post(self, req: Request, resp: Response, json: SignalRequest) -> None:
        """Give a signal: hold unless a walk-forward proved skill in direction that pays.

        `reason` says which evidence there is. Every signal is kept; the same one
        until the next candle closes. 503 where no model is trained yet.
        """
        found = await self._outlooks.find(req, resp, json, SIGNAL_CALL)
        if found is not None:
            resp.media = succeed(req, _asked_for(found.data, json), found.cached)


def _asked_for(data: SignalData, wanted: SignalRequest) -> SignalData:
    included = {"price_range": wanted.include_range, "tpsl": wanted.include_tpsl}
    left_out: dict[str, Any] = {name: None for name, asked in included.items() if not asked}
    return msgspec.structs.replace(data, **left_out)


class SignalHistoryResource:
    """`GET /api/v1/signals/history`"""

    def __init__(
        self, signals: SignalStore, symbols: SymbolResolver, default_platform: str
    ) -> None:
        self._signals = signals
        self._symbols = symbols
        self._default_platform = default_platform

    @operation("signal_history", "v1", {200: HistoryAnswer}, failure=V1Error)
    async def on_get(self, req: Request, resp: Response, query: HistoryQuery) -> None:
        """Return signals of a symbol, newest first, with what became of them.

        An outcome is that of a position entered at the first open after the signal
        was made and closed at its take profit, its stop loss or its end; where one
        candle touches both, at the stop. `pnl_percent` is after costs.
        """
        page, rows = await in_database_thread(self._page, query)
        resp.media = succeed(req, SignalHistory([show_signal(row) for row in rows], page))

    def _page(self, query: HistoryQuery) -> tuple[Pagination, list[SignalRecord]]:
        symbol, unknown = self._symbol(query)
        rows, total = self._signals.page(_filter(query, symbol), query.limit, query.offset)
        if unknown and not total:
            raise unknown
        more = query.offset + len(rows) < total
        return Pagination(total, query.limit, query.offset, more), rows

    def _symbol(self, query: HistoryQuery) -> tuple[str, InvalidRequest | None]:
        """Return how the symbol is spelt, and the refusal of one that is unknown.

        Signals stay when their market is gone. Without a platform all that have the very
        symbol are meant.
        """
        unknown = None
        try:
            return self._symbols.market(query.symbol, query.platform).symbol, None
        except NotFound as error:
            unknown = InvalidRequest(error.detail, field="symbol")
        except InvalidRequest:
            pass
        return stored_market(query.platform or self._default_platform, query.symbol).symbol, unknown


def _filter(query: HistoryQuery, symbol: str) -> SignalFilter:
    start = parse_time(query.from_, "from") if query.from_ else None
    end = parse_time(query.to, "to") if query.to else None
    if start is not None and end is not None and start > end:
        raise InvalidRequest("from must not be after to.", field="from")
    return SignalFilter(
        symbol=symbol,
        platform=query.platform,
        horizon=None if query.horizon is None else check_horizon(query.horizon),
        type=query.type or None,
        start=start,
        end=end,
    )
