"""What happens to an account, in the order of the chain `orders`.

An account's state follows from its events alone. Each step has an input (a command with what
was known when it was judged, a price, an instant) and the events that follow from it: what is
recorded is enough to decide again, and to compare.
"""

from decimal import Decimal

import msgspec

from core.trading.accounts import Fill, Limits, Price, Rate, Tick, TradingState, Verdict
from core.trading.instruments import Instrument
from core.trading.orders import (
    CancelOrder,
    ClosePosition,
    ModifyOrder,
    ModifyPosition,
    Order,
    PlaceOrder,
)

Posting = tuple[str, int]


class Opening(msgspec.Struct, frozen=True, kw_only=True, tag="opening"):
    """An account is made, with money in it."""

    at: int
    account_id: int
    currency: str
    leverage: int
    deposit: Decimal


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What was known when an order was judged: prices by `platform:symbol`, rates by currency.

    `state` is the stricter of the account's and everybody's.
    """

    instrument: Instrument | None = None
    prices: dict[str, Price] = {}
    rates: dict[str, Rate] = {}
    limits: Limits = Limits()
    state: TradingState = "ACTIVE"
    latency_ms: int = 0


class Ordered(msgspec.Struct, frozen=True, kw_only=True, tag="ordered"):
    """A command was taken up, numbered by its row."""

    at: int
    id: int
    client_order_id: str
    command: PlaceOrder | ClosePosition | ModifyPosition | ModifyOrder | CancelOrder
    view: View = View()


class Ticked(msgspec.Struct, frozen=True, kw_only=True, tag="ticked"):
    """A price came; `rate` is that of the market's quote currency."""

    platform: str
    symbol: str
    tick: Tick
    rate: Decimal


class Timed(msgspec.Struct, frozen=True, kw_only=True, tag="timed"):
    """An instant is over: what expires by then ends, nights are charged.

    With `limits` the account is valued, and halted where it has lost too much.
    """

    at: int
    prices: dict[str, Price] = {}
    rates: dict[str, Rate] = {}
    limits: Limits | None = None


class Switched(msgspec.Struct, frozen=True, kw_only=True, tag="switched"):
    """Somebody, or a limit, changed what the account may do; `epoch` counts the changes."""

    at: int
    state: TradingState
    reason: str
    epoch: int = 0


Input = Opening | Ordered | Ticked | Timed | Switched


class Opened(msgspec.Struct, frozen=True, kw_only=True, tag="opened"):
    """The account is there."""

    at: int
    currency: str
    leverage: int
    postings: list[Posting]


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """A command was not accepted."""

    at: int
    order_id: int
    client_order_id: str
    verdict: Verdict


class Accepted(msgspec.Struct, frozen=True, kw_only=True, tag="accepted"):
    """An order was accepted, with the verdict of all limits."""

    at: int
    order: Order
    verdict: Verdict


class Sent(msgspec.Struct, frozen=True, kw_only=True, tag="sent"):
    """An order goes to its venue from now on."""

    at: int
    order_id: int


class Working(msgspec.Struct, frozen=True, kw_only=True, tag="working"):
    """A pending order rests at its venue."""

    at: int
    order_id: int


class Filled(msgspec.Struct, frozen=True, kw_only=True, tag="filled"):
    """An order, or a stop loss or take profit of a position, was carried out."""

    at: int
    fill: Fill
    postings: list[Posting]


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag="ended"):
    """An order ended without being filled: `cancelled` or `expired`."""

    at: int
    order_id: int
    state: str
    reason: str


class Changed(msgspec.Struct, frozen=True, kw_only=True, tag="changed"):
    """A pending order's price and exits, or a position's exits, were moved (ticks)."""

    at: int
    order_id: int
    position_id: int | None
    price: int | None
    stop_loss: int | None
    take_profit: int | None


class Swapped(msgspec.Struct, frozen=True, kw_only=True, tag="swapped"):
    """Nights of a position were charged."""

    at: int
    position_id: int
    nights: int
    postings: list[Posting]


class Marked(msgspec.Struct, frozen=True, kw_only=True, tag="marked"):
    """What the account was worth at an instant; of the first of a day it may lose a share."""

    at: int
    balance: int
    equity: int


class StateChanged(msgspec.Struct, frozen=True, kw_only=True, tag="state"):
    """What the account may do changed."""

    at: int
    state: TradingState
    reason: str
    epoch: int


Event = (
    Opened
    | Refused
    | Accepted
    | Sent
    | Working
    | Filled
    | Ended
    | Changed
    | Swapped
    | Marked
    | StateChanged
)


class Row(msgspec.Struct, frozen=True):
    """The body of a row of the chain: an event, and with the first of a step its input."""

    event: Event
    input: Input | None = None


def order_of(event: Event) -> int:
    """Return the order that an event is about, 0 if none."""
    if isinstance(event, Accepted):
        return event.order.id
    if isinstance(event, Filled):
        return event.fill.order_id
    return getattr(event, "order_id", 0)
