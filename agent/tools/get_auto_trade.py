"""Whether positions are taken without being asked for, and how much of the limits is used."""

from msgspec import Struct

from agent.statements.statement import Statement, Unit, fields
from agent.tools.tool import Source, Tool
from agent.tools.values import Count, Mode, TradingState


class AutoTradeArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing: the account is the caller's."""


class AutoTradeResult(Struct, frozen=True, kw_only=True):
    """The switch, the state, and limits as shares of equity beside what is used of them."""

    enabled: bool
    mode: Mode
    state: TradingState
    trader_alive: bool
    trades_today: Count
    trades_a_day: Count
    open_positions: Count
    most_positions: Count
    risk_per_trade: float
    daily_loss: float
    daily_loss_limit: float
    drawdown: float
    drawdown_limit: float


AUTO_TRADE_STATE = Statement(
    "auto_trade_state",
    fields(enabled=Unit.WORD, mode=Unit.WORD, state=Unit.WORD, trader_alive=Unit.WORD),
    en="Auto-trade is on: {enabled} ({mode}); trading is {state}; the trader works: "
    "{trader_alive}.",
    es="Auto-trade activado: {enabled} ({mode}); la operativa está {state}; el trader funciona: "
    "{trader_alive}.",
    pt="Auto-trade ligado: {enabled} ({mode}); a operação está {state}; o trader funciona: "
    "{trader_alive}.",
)
AUTO_TRADE_TRADES = Statement(
    "auto_trade_trades",
    fields(
        trades_today=Unit.COUNT,
        trades_a_day=Unit.COUNT,
        open_positions=Unit.COUNT,
        most_positions=Unit.COUNT,
    ),
    en="Trades today: {trades_today} of {trades_a_day}; open positions: {open_positions} of "
    "{most_positions}.",
    es="Operaciones hoy: {trades_today} de {trades_a_day}; posiciones abiertas: {open_positions} "
    "de {most_positions}.",
    pt="Operações hoje: {trades_today} de {trades_a_day}; posições abertas: {open_positions} de "
    "{most_positions}.",
)
AUTO_TRADE_LIMITS = Statement(
    "auto_trade_limits",
    fields(
        risk_per_trade=Unit.SHARE,
        daily_loss=Unit.SHARE,
        daily_loss_limit=Unit.SHARE,
        drawdown=Unit.SHARE,
        drawdown_limit=Unit.SHARE,
    ),
    en="Risk a trade: at most {risk_per_trade} of equity; loss of the day {daily_loss} of "
    "{daily_loss_limit}; drawdown {drawdown} of {drawdown_limit}.",
    es="Riesgo por operación: como máximo {risk_per_trade} del patrimonio; pérdida del día "
    "{daily_loss} de {daily_loss_limit}; caída {drawdown} de {drawdown_limit}.",
    pt="Risco por operação: no máximo {risk_per_trade} do patrimônio; perda do dia {daily_loss} "
    "de {daily_loss_limit}; queda {drawdown} de {drawdown_limit}.",
)

TOOL = Tool(
    "get_auto_trade",
    "Whether positions are taken automatically for the caller's account, and limits in use.",
    AutoTradeArguments,
    AutoTradeResult,
    (AUTO_TRADE_STATE, AUTO_TRADE_TRADES, AUTO_TRADE_LIMITS),
    lambda result, item: Source("auto_trade"),
)
