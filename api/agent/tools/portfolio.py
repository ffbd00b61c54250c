"""What the caller's account holds, earned and risks."""

from agent.tools.get_portfolio import PortfolioArguments, PortfolioResult, PositionHeld
from api.agent.caller import Caller, RouteOfTool
from api.http.threads import in_thread
from api.trading.portfolio import show_portfolio
from api.trading.schemas import HeldPosition
from api.trading.valued import PaperAccounts
from core.trading.accounts import PAPER
from storage.access.access_keys import TRADER

_MOST = 10


class PortfolioTool:
    """Tells what `GET /api/portfolio` tells."""

    route = RouteOfTool("/api/portfolio", "GET", (TRADER,))

    def __init__(self, accounts: PaperAccounts) -> None:
        self._accounts = accounts

    async def __call__(self, caller: Caller, asked: PortfolioArguments) -> PortfolioResult:
        """Return the account of the key at the newest prices."""
        shown = show_portfolio(await in_thread(self._accounts.value, caller.number), PAPER)
        account, pnl, risk = shown.account, shown.pnl, shown.risk
        return PortfolioResult(
            account=account.id,
            mode=account.mode,
            state=account.state,  # type: ignore[arg-type]
            currency=account.currency,
            balance=account.balance,
            equity=account.equity,
            free_margin=account.free_margin,
            pnl_today=pnl.today,
            realised=pnl.realised,
            unrealised=pnl.unrealised,
            commission=pnl.commission,
            swap=pnl.swap,
            gross=shown.exposure.gross,
            net=shown.exposure.net,
            open_risk=risk.open_risk,
            daily_loss_left=risk.daily_loss_left,
            trades_left=risk.trades_left,
            drawdown=risk.drawdown,
            at=shown.as_of,
            count=len(shown.positions),
            positions=[_position(one) for one in shown.positions[:_MOST]],
        )


def _position(held: HeldPosition) -> PositionHeld:
    return PositionHeld(
        id=held.id,
        symbol=held.symbol,
        direction=held.direction,
        volume=held.volume,
        open_price=held.open_price,
        unrealised=held.unrealised.account,
        opened_at=held.opened_at,
        stale=held.stale,
        current_price=held.current_price,
        stop_loss=held.stop_loss,
        take_profit=held.take_profit,
    )
