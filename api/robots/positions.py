"""Positions as terminals reported them, and what they come to."""

import msgspec
from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_database_thread
from api.robots.copies import AccountCopies
from api.robots.schemas_positions import (
    CopyShown,
    MoneyShown,
    Positions,
    PositionShown,
    PositionsQuery,
    PositionSums,
)
from api.robots.seen import account_of, is_owner
from api.robots.words import WORDS, instant, iso
from core.clock.resolutions import timeframe_code
from core.clock.times import now_ms
from core.executions.copy import Copy
from core.executions.summary import Money, Totals, by_currency, totals
from core.robots.accounts import Account
from storage.access.access_keys import AccessKey
from storage.executions.execution_rows import Position
from storage.executions.execution_store import ExecutionStore

_DAY_MS = 86_400_000
# Of a position without a signal, or one that nobody has looked at yet.
_NO_COPY = Copy(exec_id=0, seq=0)


class AccountExecutions:
    """`GET /api/account/executions`"""

    def __init__(self, store: ExecutionStore, copies: AccountCopies) -> None:
        self._store = store
        self._copies = copies

    @operation("account_executions", "robots", {200: Positions}, errors=(422,))
    async def on_get(self, req: Request, resp: Response, query: PositionsQuery) -> None:
        """Return an account's positions that are open or closed of late, and their sums.

        The owner sees those of all accounts.
        """
        resp.media = await in_database_thread(
            self._positions, req.context.key, req.context.account, query
        )

    def _positions(
        self, key: AccessKey | None, account: Account | None, query: PositionsQuery
    ) -> Positions:
        account_id = None if is_owner(key) else account_of(account)
        since = now_ms() - query.days * _DAY_MS
        rows = self._store.page(account_id, since, query.limit, query.before)
        money, copies = self._store.money(account_id, since), self._copies.of(rows)
        sums = _sums(
            query.days,
            money,
            self._copies.summary(account_id, account, query.days, since),
            self._copies.open_pnl(account_id),
        )
        return Positions([show_position(row, copies.get(row.exec_id)) for row in rows], sums)


def show_position(row: Position, copy: Copy | None) -> PositionShown:
    """Return a position in the words of robots, with what it made of its signal if it has one."""
    opening, progress, told = row.opening, row.progress, copy or _NO_COPY
    return PositionShown(
        exec_id=row.exec_id,
        ticket=row.ticket,
        symbol=row.symbol,
        timeframe=timeframe_code(row.resolution),
        signal=WORDS[row.side],
        confidence=opening.confidence,
        opened_at=instant(opening.opened_at),
        closed_at=iso(progress.closed_at),
        entry_price=opening.entry_price,
        exit_price=progress.exit_price,
        pnl=None if progress.pnl is None else round(progress.pnl, 2),
        result=progress.result,
        pred_id=opening.pred_id or row.signal_seq,
        matched=row.signal_seq is not None,
        slippage_bps=_rounded(told.slippage_bps, 2),
        delay_s=_rounded(told.delay_s, 3),
        r=_rounded(told.r, 6),
        account=row.terminal or None,
        revisions=row.revisions,
        clock_suspect=row.clock_suspect,
        in_plan=row.in_plan,
        volume=opening.volume,
        closed_volume=progress.closed_volume,
        commission=progress.commission,
        swap=progress.swap,
        currency=opening.currency,
        parent_ticket=opening.parent_ticket,
        reason_raw=progress.reason_raw,
        implausible=told.implausible,
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _sums(days: int, money: list[Money], copy: CopyShown, open_: float | None) -> PositionSums:
    every, parts = totals(money), by_currency(money)
    shown = msgspec.structs.asdict(every)
    if len(parts) > 1:
        shown |= dict.fromkeys(("profit_factor", "total_pnl", "gross_profit", "gross_loss"))
    return PositionSums(
        days=days,
        **shown,
        open_pnl_estimate=open_,
        currency=(next(iter(parts)) or None) if len(parts) == 1 else None,
        by_currency={name: _shown(one) for name, one in parts.items()},
        copy=copy,
    )


def _shown(one: Totals) -> MoneyShown:
    return MoneyShown(**{name: getattr(one, name) for name in MoneyShown.__struct_fields__})
