"""What signals came to, sealed before the fact: the record that subscribers and buyers see."""

import msgspec
from falcon.asgi import Request, Response
from msgspec import UNSET

from api.docs.openapi import operation
from api.http.threads import in_database_thread
from api.record.kept_record import RecordWork
from api.record.schemas import (
    PerformanceQuery,
    PerformanceRow,
    PerformanceShown,
    PerformanceTotals,
    RecordComputing,
)
from api.robots.offered import OfferedSlots
from api.robots.words import instant, model_version
from core.answers.record import COSTS, PERFORMANCE, Performance, RecordRow, RecordScope
from core.clock.resolutions import timeframe_code
from core.robots.accounts import Account


class PerformanceResource:
    """`GET /api/performance`"""

    def __init__(self, work: RecordWork, offered: OfferedSlots) -> None:
        self._work = work
        self._offered = offered

    @operation(
        "performance",
        "robots",
        {200: PerformanceShown, 202: RecordComputing},
        errors=(404, 422),
    )
    async def on_get(self, req: Request, resp: Response, query: PerformanceQuery) -> None:
        """Show what sealed signals earned, in units of what they risked, and how sure that is.

        Every slot that was ever offered counts, retired ones and missed candles too. Computed
        by a worker, anew once a minute at most: `as_of` says when. Needs no key where
        TICKCAST_PUBLIC_RECORD is on.
        """
        scope = await in_database_thread(self._scope, req.context.account, query)
        found = await self._work.find(req, resp, PERFORMANCE, scope)
        if found is not None:
            record = msgspec.json.decode(found.kept.record, type=Performance)
            resp.media = _shown(record, query, stale=found.stale)

    def _scope(self, account: Account | None, query: PerformanceQuery) -> RecordScope:
        symbol = None if query.symbol is UNSET else query.symbol
        length = None if query.tf_code is UNSET else query.tf_code
        slots = self._offered.chosen(account, symbol, length)
        # Who sees everything shares what is computed for all others who do.
        every = slots == self._offered.chosen(None, None, None)
        return RecordScope(days=query.days, slots=None if every else slots)


def _shown(record: Performance, query: PerformanceQuery, *, stale: bool) -> PerformanceShown:
    signals, executions = query.view != "executions", query.view != "signals"
    return PerformanceShown(
        days=query.days,
        as_of=instant(record.as_of),
        ledger_head=record.head,
        costs=COSTS,
        totals=PerformanceTotals(
            record.signals if signals else None, record.executions if executions else None
        ),
        rows=[_row(row, signals, executions) for row in record.rows],
        stale=stale,
    )


def _row(row: RecordRow, signals: bool, executions: bool) -> PerformanceRow:
    version = model_version(row.symbol, row.resolution, row.model_hash)
    return PerformanceRow(
        symbol=row.symbol,
        tf_code=timeframe_code(row.resolution),
        model_v=version if row.model_hash else None,
        signals=row.signals if signals else None,
        executions=row.executions if executions else None,
        platform=row.platform,
        horizon=row.horizon,
        retired=row.retired,
    )
