"""Shapes of what an account may do, its orders, and the proof of them."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.http.schemas import Name

Words = Annotated[str, Meta(min_length=1, max_length=200)]
State = Literal["ACTIVE", "REDUCING", "HALTED"]


class SwitchRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Why what an account may do changes; `flatten` closes what it holds first.

    `scope` all is every account's, for owners.
    """

    reason: Words
    flatten: bool = False
    scope: Literal["account", "all"] = "account"


class SwitchAnswer(Struct, kw_only=True):
    """What an account may do now.

    `acknowledged` says that the trader has acted on it, or runs no more: no order is sent after
    this answer. `in_flight` were sent before and may be filled yet, `cancelled` will not be.
    """

    state: State
    epoch: int
    reason: str
    acknowledged: bool
    in_flight: list[str]
    cancelled: list[str]
    changed_at: str


class TraderShown(Struct):
    """Whether the process that writes orders works, and how long ago (s) it last said so.

    `bad_prices` counts those that triggered nothing: crossed ones and those not above zero.
    """

    alive: bool
    lag_s: float | None
    bad_prices: int = 0


class LimitsShown(Struct):
    """What orders are held to, shares of equity."""

    notional: float
    gross: float
    per_symbol: float
    risk_per_trade: float
    daily_loss: float
    drawdown: float
    trades_a_day: int
    orders_a_minute: int
    open_positions: int
    price_band: float
    cooldown_s: int
    losses_in_a_row: int
    symbols: list[str]


class Used(Struct):
    """How much of the limits is used now, shares of equity."""

    trades_today: int
    open_positions: int
    gross: float
    daily_loss: float
    drawdown: float


class LastDecision(Struct):
    """What was decided last."""

    symbol: str
    action: Literal["BUY", "SELL", "HOLD"]
    timestamp: str
    reasoning: str


class Stopping(Struct, kw_only=True):
    """How the account stands to its stopping rule since it was stated.

    `p_value` is the chance of as much evidence against `min_brier_skill`, at any look, if the skill
    is that; at 0.05 it stops. `broken` says why it stops, null while it need not.
    """

    stated_at: str
    max_drawdown: float | None
    min_brier_skill: float | None
    by_trades: int
    trades: int
    drawdown: float
    brier_skill: float | None
    p_value: float
    broken: str | None


class AutoTradeStatus(Struct, kw_only=True):
    """Whether positions are taken without being asked for, and what the account may do."""

    enabled: bool
    mode: Literal["paper", "live"]
    trades_today: int
    last_decision: LastDecision | None
    state: State
    reason: str
    epoch: int
    limits: LimitsShown
    used: Used
    stopping: Stopping | None
    trader: TraderShown


class OrdersQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which orders, the newest first."""

    limit: Annotated[int, Meta(ge=1, le=500)] = 50
    cursor: Annotated[str, Meta(max_length=64)] = ""
    client_order_id: Name | None = None
    account: Name = "paper"


class VenueVerifyQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which account."""

    account: Name = "paper"


class OrderShown(Struct, kw_only=True):
    """An order and how far it came; `refused_by` names the limit that refused it.

    Of a fill at a venue `paper_price` is what it would have been on paper, `gap_bps` by how much
    worse it was.
    """

    id: str
    client_order_id: str
    symbol: str
    platform: str
    action: str
    volume: float
    price: float | None
    stop_loss: float | None
    take_profit: float | None
    comment: str
    state: str
    position_id: str | None
    closes: str | None
    filled_volume: float
    fill_price: float | None
    slippage: float
    commission: float
    liquidity: str | None
    paper_price: float | None
    gap_bps: float | None
    reason: str
    refused_by: str | None
    decision_id: str | None
    signal_seq: int | None
    signal_hash: str | None
    override: bool
    created_at: str
    filled_at: str | None
    expires_at: str | None
    updated_at: str


class OrdersAnswer(Struct):
    """Orders, the newest first."""

    orders: list[OrderShown]
    next_cursor: str | None


class OrderDifference(Struct):
    """A row of the chain that does not follow from those before it; 0: an account as it is kept."""

    number: int
    reason: str


class MarketCompared(Struct, kw_only=True):
    """Whether the newest recorded prices that filled something are those that are still held.

    `not_held` are too old to be held, or of candles, which may have been revised: of these nothing
    can be told.
    """

    compared: int
    same: int
    not_held: int
    differences: list[OrderDifference]


class VerifyAnswer(Struct, kw_only=True):
    """Whether every event of the account follows from the inputs recorded before it.

    `rows` of the chain are the account's, `replayed` how many were computed anew; `chain_ok` says
    that the chain `orders` itself is what it was. `market` is null while Redis is away.
    """

    ok: bool
    rows: int
    head: str
    replayed: int
    differences: list[OrderDifference]
    market: MarketCompared | None
    chain_ok: bool
    chain_reason: str | None
