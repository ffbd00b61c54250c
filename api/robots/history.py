"""What was signalled before: a slot's signals, an account's, and counts of all slots by day."""

from datetime import UTC, datetime

import msgspec
from falcon.asgi import Request, Response
from msgspec import UNSET

from api.docs.openapi import operation
from api.http.threads import in_database_thread
from api.robots.items import account_signal, slot_signal
from api.robots.offered import OfferedSlots
from api.robots.schemas import (
    AccountSignals,
    AccountSignalsQuery,
    CountRow,
    Counts,
    CountsQuery,
    SlotHistoryQuery,
    SlotSignal,
)
from core.clock.resolutions import DAY, parse_resolution, timeframe_code
from core.clock.times import now_ms
from core.robots.accounts import Account
from storage.ledger.sealed_signals import SealedSignals
from storage.ledger.signal_counts import DayCount, SignalCounts


class SlotHistory:
    """`GET /api/signals/{symbol}/{tf}`"""

    def __init__(self, sealed: SealedSignals, offered: OfferedSlots) -> None:
        self._sealed = sealed
        self._offered = offered

    @operation("slot_signals", "robots", {200: list[SlotSignal]}, errors=(404, 422))
    async def on_get(
        self, req: Request, resp: Response, symbol: str, tf: str, query: SlotHistoryQuery
    ) -> None:
        """Return the sealed signals of a slot, newest first, with what became of them.

        The header `Link` names the next page.
        """
        rows = await in_database_thread(self._rows, req.context.account, symbol, tf, query)
        resp.data = msgspec.json.encode(rows[: query.limit])
        if len(rows) > query.limit:
            last = rows[query.limit - 1].pred_id
            resp.append_link(
                f"{req.path}?limit={query.limit}&include_no_trade={query.include_no_trade}"
                f"&before={last}",
                "next",
            )

    def _rows(
        self, account: Account | None, symbol: str, tf: str, query: SlotHistoryQuery
    ) -> list[SlotSignal]:
        targets = self._offered.named(account, symbol, tf)
        before = 2**63 - 1 if query.before is UNSET else query.before
        holds = query.include_no_trade == "true"
        found = self._sealed.history(targets, before, query.limit + 1, holds=holds)
        return [slot_signal(row) for row in found]


class AccountSignalList:
    """`GET /api/account/signals`"""

    def __init__(self, sealed: SealedSignals, offered: OfferedSlots) -> None:
        self._sealed = sealed
        self._offered = offered

    @operation("account_signals", "robots", {200: AccountSignals}, errors=(422,))
    async def on_get(self, req: Request, resp: Response, query: AccountSignalsQuery) -> None:
        """Return the sealed signals of all slots in the plan, newest first, with what came of them.

        Slots that are not offered any more stay. The header `Link` names the next page.
        """
        found, more = await in_database_thread(self._found, req.context.account, query)
        resp.media = found
        if more:
            resp.append_link(
                f"{req.path}?days={query.days}&limit={query.limit}"
                f"&include_no_trade={query.include_no_trade}&before={found.signals[-1].pred_id}",
                "next",
            )

    def _found(
        self, account: Account | None, query: AccountSignalsQuery
    ) -> tuple[AccountSignals, bool]:
        """Return the signals, and whether older ones follow."""
        targets, holds = self._offered.ever(account), query.include_no_trade == "true"
        since = now_ms() - query.days * DAY * 1_000
        asked = query.before, query.limit + 1
        rows = self._sealed.history(targets, *asked, holds=holds, since=since)
        sealed, acting = self._sealed.count_since(since, targets)
        shown = [account_signal(row) for row in rows[: query.limit]]
        total = sealed if holds else acting
        return AccountSignals(len(shown), query.days, shown, total), len(rows) > query.limit


class PredictionCounts:
    """`GET /api/history/predictions`"""

    def __init__(self, counts: SignalCounts, offered: OfferedSlots) -> None:
        self._counts = counts
        self._offered = offered

    @operation("prediction_counts", "robots", {200: Counts}, errors=(404, 422))
    async def on_get(self, req: Request, resp: Response, query: CountsQuery) -> None:
        """Count the signals of each day and slot, and how they compare with what came."""
        rows = await in_database_thread(self._rows, req.context.account, query)
        resp.media = Counts(query.days, len(rows), rows)

    def _rows(self, account: Account | None, query: CountsQuery) -> list[CountRow]:
        length = None if query.tf_code is UNSET else parse_resolution(query.tf_code, "tf_code")
        symbol = UNSET if query.symbol is UNSET else self._offered.known(account, query.symbol)
        targets = [
            one
            for one in self._offered.ever(account)
            if symbol in (UNSET, one.symbol) and length in (None, one.resolution)
        ]
        today = now_ms() // 1_000 // DAY
        found = self._counts.by_day(targets, today - query.days + 1, today)
        ordered = sorted(found, key=lambda one: (-one.day, one.symbol, one.resolution))
        return [_row(one) for one in ordered[: query.limit]]


def _row(one: DayCount) -> CountRow:
    made = one.n_buy + one.n_sell + one.n_hold
    return CountRow(
        date=datetime.fromtimestamp(one.day * DAY, UTC).date().isoformat(),
        symbol=one.symbol,
        tf_code=timeframe_code(one.resolution),
        n=made,
        n_buy=one.n_buy,
        n_sell=one.n_sell,
        n_no_trade=one.n_hold,
        n_missed=one.n_missed,
        n_resolved=one.n_resolved,
        n_hits=one.n_hits,
        hit_rate=_mean(one.n_hits, one.n_resolved),
        mean_confidence=_mean(one.confidence, made),
        brier=_mean(one.brier, one.n_resolved),
        brier_prior=_mean(one.brier_prior, one.n_with_prior),
    )


def _mean(total: float, count: int) -> float | None:
    return round(total / count, 6) if count else None
