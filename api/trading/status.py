"""What an account may do at present, and how much of its limits is used."""

from falcon.asgi import Request, Response
from msgspec import convert, to_builtins

from api.docs.openapi import operation
from api.http.threads import in_thread
from api.trading.account_of import account_number
from api.trading.schemas_auto import (
    AutoTradeStatus,
    LastDecision,
    LimitsShown,
    Stopping,
    TraderShown,
    Used,
)
from api.trading.valued import PaperAccounts, Valued
from core.clock.times import format_time, now_ms
from core.settings import Settings
from core.trading.accounts import Limits
from core.trading.stop_rules import Evidence
from storage.stores import Stores
from trading.stopping import standing


class StatusResource:
    """`GET /api/v1/auto-trade/status`, and the same at `/api/auto-trade/status`"""

    def __init__(self, accounts: PaperAccounts, stores: Stores, settings: Settings) -> None:
        self._accounts = accounts
        self._stores = stores
        self._limits = settings.paper_limits

    @operation("auto_trade_status", "trading", {200: AutoTradeStatus})
    async def on_get(self, req: Request, resp: Response) -> None:
        """Return whether the account of the key trades by itself, and what it may do.

        `HALTED` takes no orders, `REDUCING` only those that shrink positions.
        """
        resp.media = await in_thread(self.read, account_number(req))

    @operation("auto_trade_status_proxy", "trading", {200: AutoTradeStatus})
    async def on_get_proxy(self, req: Request, resp: Response) -> None:
        """Return the same as `GET /api/v1/auto-trade/status`."""
        resp.media = await in_thread(self.read, account_number(req))

    def read(self, account_id: int) -> AutoTradeStatus:
        """Return what an account may do at present; blocks."""
        found = self._accounts.value(account_id)
        mine, everybody = self._stores.switches.of(account_id)
        wanted = self._stores.decisions.config(account_id).config
        trades = self._limits.trades_a_day - found.figures.trades_left
        return AutoTradeStatus(
            enabled=wanted.enabled,
            mode="paper",
            trades_today=trades,
            last_decision=self._last_decision(account_id),
            state=found.state,
            reason=found.reason,
            epoch=max(mine.epoch, everybody.epoch),
            limits=_limits(self._limits),
            used=_used(found, trades),
            stopping=_stopping(self._stores.stop_rules.evidence(account_id)),
            trader=self._trader(),
        )

    def _last_decision(self, account_id: int) -> LastDecision | None:
        found = self._stores.decisions.page(account_id, 1)
        if not found:
            return None
        decision = found[0].decision
        at = format_time(found[0].made_at)
        return LastDecision(decision.symbol, decision.action, at, decision.reasoning)

    def _trader(self) -> TraderShown:
        lease, now = self._stores.lease.held(), now_ms()
        if lease is None:
            return TraderShown(alive=False, lag_s=None)
        lag_s = max(0, now - lease.renewed_at) / 1_000
        return TraderShown(lease.holds(now), lag_s, lease.bad_prices)


def _stopping(evidence: Evidence | None) -> Stopping | None:
    if evidence is None:
        return None
    found, stated = standing(evidence), evidence.stated
    return Stopping(
        **to_builtins(stated.rule),
        stated_at=format_time(stated.stated_at),
        trades=found.trades,
        drawdown=round(found.drawdown, 8),
        brier_skill=found.skill,
        p_value=found.p_value,
        broken=found.broken or None,
    )


def _limits(limits: Limits) -> LimitsShown:
    told = to_builtins(limits)
    return convert({name: told[name] for name in LimitsShown.__struct_fields__}, LimitsShown)


def _used(found: Valued, trades: int) -> Used:
    figures = found.figures
    equity = max(1, figures.equity)
    start = equity - figures.today
    lost = max(0, -figures.today) / start if start > 0 else 0.0
    return Used(
        trades_today=trades,
        open_positions=len(figures.held),
        gross=round(figures.gross / equity, 8),
        daily_loss=round(lost, 8),
        drawdown=round(figures.drawdown, 8),
    )
