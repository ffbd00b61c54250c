"""Shapes of orders and of what they came to: prices in quote currency, money in the account's."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.http.schemas import Name, Symbol

Action = Literal["BUY", "SELL", "BUY_LIMIT", "SELL_LIMIT", "BUY_STOP", "SELL_STOP"]
# More digits than a venue knows; bounded, because exact numbers can be written to any length.
Amount = Annotated[float, Meta(gt=0, le=1e12)]
ClientOrderId = Annotated[
    Name, Meta(description="Repeating an order under the same id does not place a second one.")
]


class TradeRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """An order: `price` for pending ones (`..._LIMIT`, `..._STOP`) only."""

    symbol: Symbol
    action: Action
    volume: Amount
    price: Amount | None = None
    stop_loss: Amount | None = None
    take_profit: Amount | None = None
    comment: Annotated[str, Meta(max_length=31)] | None = None
    client_order_id: ClientOrderId | None = None
    account_id: Name | None = None
    platform: Name | None = None


class OpenPosition(Struct, forbid_unknown_fields=True, kw_only=True):
    """A position to open: either `volume`, or `risk` as a share of equity lost at the stop."""

    symbol: Symbol
    direction: Literal["long", "short"]
    volume: Amount | None = None
    risk: Annotated[float, Meta(gt=0, le=0.05)] | None = None
    stop_loss: Amount
    take_profit: Amount | None = None
    price: Amount | None = None
    client_order_id: ClientOrderId | None = None
    account: Name = "paper"
    platform: Name | None = None


class PositionPending(Struct, kw_only=True):
    """The order of a position that is not open yet."""

    status: str
    order_id: str
    position_id: str | None
    client_order_id: str
    idempotent: bool
    href: str


class TradeAnswer(Struct, kw_only=True):
    """What became of an order; `position_id` is null until it is filled.

    Where `idempotent` is false the id was made here, and repeating the call places another order.
    """

    success: bool
    order_id: str
    position_id: str | None
    state: str
    client_order_id: str
    idempotent: bool
    account_id: str


class TradePending(Struct, kw_only=True):
    """An order at a venue of which nobody knows yet what became: `unknown`, or `sent` just now.

    It counts in every limit, is looked for at the venue, and never sent again. `href` tells more.
    """

    success: bool
    state: str
    order_id: str
    client_order_id: str
    idempotent: bool
    account_id: str
    href: str


class TradedAccount(Struct, kw_only=True):
    """An account now; `margin_level` is equity in percent of margin, null without positions."""

    id: str
    mode: Literal["paper", "live"]
    currency: str
    balance: float
    equity: float
    margin: float
    free_margin: float
    margin_level: float | None
    leverage: int
    state: str
    reason: str


class SignalOfPosition(Struct):
    """The sealed signal that a position follows."""

    id: str | None
    seq: int
    hash: str


class Unrealised(Struct):
    """What an open position has earned, in quote and in account currency."""

    quote: float
    account: float


class HeldPosition(Struct, kw_only=True):
    """An open position; with a price that is too old its `unrealised` is the last known one."""

    id: str
    symbol: str
    platform: str
    direction: Literal["long", "short"]
    volume: float
    open_price: float
    current_price: float | None
    price_age_s: float | None
    stale: bool
    stop_loss: float | None
    take_profit: float | None
    notional: float
    exposure_pct: float
    unrealised: Unrealised
    swap: float
    commission: float
    opened_at: str
    decision_id: str | None
    signal: SignalOfPosition | None
    override: bool
    foreign: bool


class Exposure(Struct):
    """What is held in account currency: all, longs less shorts, by symbol and by currency."""

    gross: float
    net: float
    by_symbol: dict[str, float]
    by_currency: dict[str, float]


class Pnl(Struct):
    """What was earned in account currency; `today` since 00:00 UTC."""

    today: float
    realised: float
    unrealised: float
    commission: float
    swap: float
    total: float


class RiskShown(Struct):
    """What open positions would lose at their stops, and what limits leave for today."""

    open_risk: float
    daily_loss_left: float
    trades_left: int
    drawdown: float


class PortfolioAnswer(Struct, kw_only=True):
    """An account and what it holds."""

    account: TradedAccount
    positions: list[HeldPosition]
    exposure: Exposure
    pnl: Pnl
    risk: RiskShown
    as_of: str


class PortfolioQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which account."""

    account: Name = "paper"
