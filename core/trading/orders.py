"""Orders: what may be asked for, and the states that an order goes through.

Of an order that was accepted, prices are whole ticks and volumes whole steps of its instrument.
"""

from decimal import Decimal
from typing import Literal

import msgspec

from core.trading.instruments import Instrument

Side = Literal["buy", "sell"]
OrderType = Literal["market", "limit", "stop"]
OrderState = Literal[
    "refused",
    "accepted",
    "sent",
    "working",
    "filled",
    "partially_filled",
    "cancelled",
    "expired",
    "rejected",
    "unknown",
]
FINAL = frozenset({"refused", "filled", "cancelled", "expired", "rejected"})


class PlaceOrder(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="place"):
    """Open a position, or shrink one: a position is one of its market (netting).

    Market orders have no `price`. `expires_at` (epoch ms) ends a pending one. What joins it to
    a sealed signal is the decision's; `override` says that it was decided without proven skill.
    """

    platform: str
    symbol: str
    side: Side
    type: OrderType = "market"
    volume: Decimal
    price: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    comment: str = ""
    expires_at: int | None = None
    decision_id: str | None = None
    signal_seq: int | None = None
    signal_hash: str | None = None
    override: bool = False


class ClosePosition(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="close"):
    """Close a position at the next price, whole without `volume`."""

    position_id: int
    volume: Decimal | None = None


class ModifyPosition(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="protect"):
    """Move the stop loss and the take profit of a position; None takes it away."""

    position_id: int
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None


class ModifyOrder(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="modify"):
    """Move a pending order's price and its exits."""

    order_id: int
    price: Decimal
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None


class CancelOrder(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="cancel"):
    """Take a pending order back."""

    order_id: int


Command = PlaceOrder | ClosePosition | ModifyPosition | ModifyOrder | CancelOrder


class VenueMarks(msgspec.Struct, kw_only=True):
    """What is known of an order of an account at a venue; instants are epoch ms.

    `client_id` is our id as the venue takes it, `closes` the position there that the order
    closes. `absent_since` is when a complete reading first lacked it. `cancelling` says that it
    is to be taken back, `flattens` that it may be sent although trading is halted. `paper` is the
    price (ticks) that an order on paper would have been filled at.
    """

    client_id: str
    closes: str | None = None
    order_id: str | None = None
    position_id: str | None = None
    sent_at: int = 0
    absent_since: int | None = None
    cancelling: bool = False
    flattens: bool = False
    paper: int | None = None


class Order(msgspec.Struct, kw_only=True):
    """An order of an account, once it was accepted.

    It can be filled by prices at or after `active_from` (epoch ms). `reduces` names the
    position that it may only shrink. `risk_ticks` is how far the stop was at acceptance.
    """

    id: int
    client_order_id: str
    instrument: Instrument
    side: Side
    type: OrderType
    volume: int
    price: int | None
    stop_loss: int | None
    take_profit: int | None
    accepted_at: int
    active_from: int
    state: OrderState = "accepted"
    filled: int = 0
    reduces: int | None = None
    expires_at: int | None = None
    comment: str = ""
    decision_id: str | None = None
    signal_seq: int | None = None
    signal_hash: str | None = None
    override: bool = False
    venue: VenueMarks | None = None


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a command: `done` or `refused`, by which limit and why; `order_id` its order.

    `state` is the order's right then, "" of other commands.
    """

    outcome: Literal["done", "refused"]
    order_id: int
    limit: str = ""
    detail: str = ""
    state: str = ""


class OrderBody(msgspec.Struct, kw_only=True):
    """An order in the words and numbers of answers; instants are epoch ms."""

    platform: str
    symbol: str
    side: Side
    type: OrderType
    volume: float
    price: float | None
    stop_loss: float | None
    take_profit: float | None
    comment: str
    accepted_at: int
    expires_at: int | None
    reduces: int | None = None
    filled_volume: float = 0.0
    fill_price: float | None = None
    slippage: float = 0.0
    commission: float = 0.0
    filled_at: int | None = None
    liquidity: str | None = None
    paper_price: float | None = None
    gap_bps: float | None = None
    reason: str = ""
    code: str = ""
    refused_by: str | None = None
    decision_id: str | None = None
    signal_seq: int | None = None
    signal_hash: str | None = None
    override: bool = False


class TradeBody(msgspec.Struct, kw_only=True):
    """An ended position, or a part of one; money in the account's currency, instants in ms.

    `r` is the net result in units of what was risked at its stop. `entry_gap_bps` and
    `exit_gap_bps` say by how much a venue's prices were worse than paper's, where that is known.
    """

    platform: str
    symbol: str
    side: Side
    volume: float
    opened_at: int
    open_price: float
    close_price: float
    exit: str
    gross: float
    costs: float
    net: float
    r: float | None
    slippage: float
    decision_id: str | None = None
    signal_seq: int | None = None
    signal_hash: str | None = None
    override: bool = False
    entry_gap_bps: float | None = None
    exit_gap_bps: float | None = None
