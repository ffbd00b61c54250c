"""What the caller's account holds, earned and risks."""

from typing import Literal

from msgspec import Struct

from agent.statements.statement import Statement, Unit, fields
from agent.tools.tool import Source, Tool
from agent.tools.values import Count, Currency, Id, Mode, Symbol, Time, TradingState


class PortfolioArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing: the account is the caller's."""


class PositionHeld(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An open position; what it has earned is in account currency."""

    id: Id
    symbol: Symbol
    direction: Literal["long", "short"]
    volume: float
    open_price: float
    unrealised: float
    opened_at: Time
    stale: bool
    current_price: float | None = None
    stop_loss: float | None = None
    take_profit: float | None = None
    order_id: Id | None = None


class PortfolioResult(Struct, frozen=True, kw_only=True):
    """Money in account currency, `drawdown` and `margin_level` as the portfolio's route has them.

    `count` is of all positions, of which the first ten are told.
    """

    account: Id
    mode: Mode
    state: TradingState
    currency: Currency
    balance: float
    equity: float
    free_margin: float
    pnl_today: float
    realised: float
    unrealised: float
    commission: float
    swap: float
    gross: float
    net: float
    open_risk: float
    daily_loss_left: float
    trades_left: Count
    drawdown: float
    at: Time
    count: Count
    positions: list[PositionHeld]


ACCOUNT_VALUE = Statement(
    "account_value",
    fields(balance=Unit.MONEY, equity=Unit.MONEY, currency=Unit.NAME, mode=Unit.WORD, at=Unit.TIME),
    en="Balance {balance} {currency}, equity {equity} {currency} ({mode}, as of {at}).",
    es="Saldo {balance} {currency}, patrimonio {equity} {currency} ({mode}, a {at}).",
    pt="Saldo {balance} {currency}, patrimônio {equity} {currency} ({mode}, em {at}).",
)
ACCOUNT_PNL = Statement(
    "account_pnl",
    fields(pnl_today=Unit.MONEY, realised=Unit.MONEY, unrealised=Unit.MONEY, currency=Unit.NAME),
    en="Result in {currency}: today {pnl_today}, realised {realised}, open {unrealised}.",
    es="Resultado en {currency}: hoy {pnl_today}, realizado {realised}, abierto {unrealised}.",
    pt="Resultado em {currency}: hoje {pnl_today}, realizado {realised}, aberto {unrealised}.",
)
ACCOUNT_COSTS = Statement(
    "account_costs",
    fields(commission=Unit.MONEY, swap=Unit.MONEY, currency=Unit.NAME),
    en="Costs in {currency}: commission {commission}, swap {swap}.",
    es="Costes en {currency}: comisión {commission}, swap {swap}.",
    pt="Custos em {currency}: comissão {commission}, swap {swap}.",
)
ACCOUNT_EXPOSURE = Statement(
    "account_exposure",
    fields(gross=Unit.MONEY, net=Unit.MONEY, free_margin=Unit.MONEY, currency=Unit.NAME),
    en="Exposure in {currency}: gross {gross}, net {net}; free margin {free_margin}.",
    es="Exposición en {currency}: bruta {gross}, neta {net}; margen libre {free_margin}.",
    pt="Exposição em {currency}: bruta {gross}, líquida {net}; margem livre {free_margin}.",
)
ACCOUNT_RISK = Statement(
    "account_risk",
    fields(
        open_risk=Unit.MONEY,
        daily_loss_left=Unit.MONEY,
        trades_left=Unit.COUNT,
        currency=Unit.NAME,
    ),
    en="At their stops, open positions would lose {open_risk} {currency}; limits leave "
    "{daily_loss_left} {currency} of loss and {trades_left} trades for today.",
    es="En sus stops, las posiciones abiertas perderían {open_risk} {currency}; los límites dejan "
    "{daily_loss_left} {currency} de pérdida y {trades_left} operaciones para hoy.",
    pt="Nos seus stops, as posições abertas perderiam {open_risk} {currency}; os limites deixam "
    "{daily_loss_left} {currency} de perda e {trades_left} operações para hoje.",
)
ACCOUNT_DRAWDOWN = Statement(
    "account_drawdown",
    fields(drawdown=Unit.SHARE, state=Unit.WORD),
    en="Below its highest by {drawdown}; trading is {state}.",
    es="Por debajo de su máximo: {drawdown}; la operativa está {state}.",
    pt="Abaixo do seu máximo: {drawdown}; a operação está {state}.",
)
POSITION_COUNT = Statement(
    "position_count",
    fields(count=Unit.COUNT),
    en="Open positions: {count}.",
    es="Posiciones abiertas: {count}.",
    pt="Posições abertas: {count}.",
)
POSITION = Statement(
    "position",
    fields(
        symbol=Unit.NAME,
        direction=Unit.WORD,
        volume=Unit.NUMBER,
        open_price=Unit.PRICE,
        unrealised=Unit.MONEY,
        currency=Unit.NAME,
    ),
    en="{symbol}: {direction}, volume {volume} from {open_price}, {unrealised} {currency} so far.",
    es="{symbol}: {direction}, volumen {volume} desde {open_price}, {unrealised} {currency} hasta "
    "ahora.",
    pt="{symbol}: {direction}, volume {volume} desde {open_price}, {unrealised} {currency} até "
    "agora.",
    of="positions",
)
POSITION_EXITS = Statement(
    "position_exits",
    fields(symbol=Unit.NAME, stop_loss=Unit.PRICE, take_profit=Unit.PRICE),
    en="{symbol}: stop loss {stop_loss}, take profit {take_profit}.",
    es="{symbol}: stop loss {stop_loss}, take profit {take_profit}.",
    pt="{symbol}: stop loss {stop_loss}, take profit {take_profit}.",
    of="positions",
)


def _source(result: PortfolioResult, item: int | None) -> Source:
    order = None if item is None else result.positions[item].order_id
    return Source("portfolio") if order is None else Source("order", order)


TOOL = Tool(
    "get_portfolio",
    "The caller's account: balance, result, exposure, risk and open positions.",
    PortfolioArguments,
    PortfolioResult,
    (
        ACCOUNT_VALUE,
        ACCOUNT_PNL,
        ACCOUNT_COSTS,
        ACCOUNT_EXPOSURE,
        ACCOUNT_RISK,
        ACCOUNT_DRAWDOWN,
        POSITION_COUNT,
        POSITION,
        POSITION_EXITS,
    ),
    _source,
)
