"""Whether the caller's account trades by itself."""

from agent.tools.get_auto_trade import AutoTradeArguments, AutoTradeResult
from api.agent.caller import Caller, RouteOfTool
from api.http.threads import in_thread
from api.trading.status import StatusResource
from storage.access.access_keys import TRADER


class AutoTradeTool:
    """Tells what `GET /api/v1/auto-trade/status` tells."""

    route = RouteOfTool("/api/v1/auto-trade/status", "GET", (TRADER,))

    def __init__(self, status: StatusResource) -> None:
        self._status = status

    async def __call__(self, caller: Caller, asked: AutoTradeArguments) -> AutoTradeResult:
        """Return the switch, the state and the limits of the account of the key."""
        found = await in_thread(self._status.read, caller.number)
        limits, used = found.limits, found.used
        return AutoTradeResult(
            enabled=found.enabled,
            mode=found.mode,
            state=found.state,
            trader_alive=found.trader.alive,
            trades_today=used.trades_today,
            trades_a_day=limits.trades_a_day,
            open_positions=used.open_positions,
            most_positions=limits.open_positions,
            risk_per_trade=limits.risk_per_trade,
            daily_loss=used.daily_loss,
            daily_loss_limit=limits.daily_loss,
            drawdown=used.drawdown,
            drawdown_limit=limits.drawdown,
        )
