"""The newest sealed signals of a market."""

from agent.tools.get_ledger import LedgerArguments, LedgerResult, LedgerRow
from api.agent.caller import Caller, RouteOfTool
from api.http.threads import in_database_thread, in_thread
from api.markets.symbol_resolver import SymbolResolver
from api.robots.offered import OfferedSlots
from core.clock.times import format_time
from core.series import Market
from storage.access.access_keys import SUBSCRIBER
from storage.ledger.sealed_signals import SealedSignals
from storage.ledger.signal_rows import SealedSignal

_EVERY_SEQ = 2**63 - 1


class LedgerTool:
    """Tells what `GET /api/account/signals` tells, to those without an account all of `/ledger`."""

    route = RouteOfTool("/api/account/signals", "GET", (SUBSCRIBER,))

    def __init__(
        self, sealed: SealedSignals, offered: OfferedSlots, symbols: SymbolResolver
    ) -> None:
        self._sealed = sealed
        self._offered = offered
        self._symbols = symbols

    async def __call__(self, caller: Caller, asked: LedgerArguments) -> LedgerResult:
        """Return the newest rows; raises `NotInPlan` for what the account may not see."""
        market = await in_thread(self._symbols.market, asked.symbol, None, caller.account)
        self._symbols.check_in_plan(caller.account, market)
        rows = await in_database_thread(self._rows, caller, market, asked.limit)
        shown = [_row(one) for one in rows]
        return LedgerResult(
            symbol=asked.symbol, platform=market.platform, rows=shown, count=len(shown)
        )

    def _rows(self, caller: Caller, market: Market, limit: int) -> list[SealedSignal]:
        if caller.account is None:
            return self._sealed.newest_of(market._asdict(), limit)
        mine = [
            one
            for one in self._offered.ever(caller.account)
            if Market(one.platform, one.symbol) == market
        ]
        return self._sealed.history(mine, _EVERY_SEQ, limit, holds=True)


def _row(row: SealedSignal) -> LedgerRow:
    return LedgerRow(
        seq=row.seq,
        made_at=format_time(row.made_at),
        type=row.type,  # type: ignore[arg-type]
        confidence=row.confidence,
        exit=row.exit,  # type: ignore[arg-type]
        pnl_percent=row.pnl_percent,
    )
