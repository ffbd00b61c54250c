"""What happens to an account, in the order of the chain `orders`.

An account's state follows from its events alone. Each step has an input (a command with what
was known when it was judged, a price, an instant) and the events that follow from it: what is
recorded is enough to decide again, and to compare.
"""

from decimal import Decimal

import msgspec

from core.trading.accounts import (
    Fill,
    ForeignPosition,
    Limits,
    Price,
    Rate,
    Tick,
    TradingState,
    Verdict,
)
from core.trading.instruments import Instrument
from core.trading.orders import (
    CancelOrder,
    ClosePosition,
    ModifyOrder,
    ModifyPosition,
    Order,
    PlaceOrder,
)
from core.venues.account import VenueReading
from core.venues.trades import TradeAnswer

Posting = tuple[str, int]


class Opening(msgspec.Struct, frozen=True, kw_only=True, tag="opening"):
    """An account is made, with money in it; `venue` is where it is, "" for paper."""

    at: int
    account_id: int
    currency: str
    leverage: int
    deposit: Decimal
    venue: str = ""
    hedging: bool = True


class VenueView(msgspec.Struct, frozen=True, kw_only=True):
    """What was known of an account at a venue as an order was judged.

    `gate` names the first gate that is shut, "" if none is. `read_at` (epoch ms) is when all of
    the account was last read, `equity` what the venue said it was worth, in units of 1e-8.
    `flattens` says that the order is part of a halt that closes everything.
    """

    gate: str = ""
    read_at: int | None = None
    equity: int = 0
    flattens: bool = False


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
    venue: VenueView | None = None


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


class Sending(msgspec.Struct, frozen=True, kw_only=True, tag="sending"):
    """An order is to go to its venue now; `state` and `gate` are as in `View`."""

    at: int
    order_id: int
    state: TradingState = "ACTIVE"
    gate: str = ""


class Replied(msgspec.Struct, frozen=True, kw_only=True, tag="replied"):
    """A venue answered an order that was sent, or nobody knows what it answered."""

    at: int
    order_id: int
    answer: TradeAnswer


class Looked(msgspec.Struct, frozen=True, kw_only=True, tag="looked"):
    """A venue showed what there is of an account.

    `balance` is None where it may be of another moment. `instruments` are by the venue's symbols.
    """

    at: int
    reading: VenueReading
    balance: Decimal | None = None
    instruments: dict[str, Instrument] = {}
    rates: dict[str, Rate] = {}


Input = Opening | Ordered | Ticked | Timed | Switched | Sending | Replied | Looked


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
    """An order is at its venue: it waits there, or is being filled."""

    at: int
    order_id: int
    venue_order_id: str | None = None
    venue_position_id: str | None = None


class Filled(msgspec.Struct, frozen=True, kw_only=True, tag="filled"):
    """An order, or a stop loss or take profit of a position, was carried out."""

    at: int
    fill: Fill
    postings: list[Posting]


class Unsure(msgspec.Struct, frozen=True, kw_only=True, tag="unsure"):
    """Whether an order is at its venue is not known: it is never sent again, but looked for."""

    at: int
    order_id: int
    code: str


class Missed(msgspec.Struct, frozen=True, kw_only=True, tag="missed"):
    """A complete reading of the venue lacks an order, since an instant (epoch ms)."""

    at: int
    order_id: int
    since: int


class Withdrawing(msgspec.Struct, frozen=True, kw_only=True, tag="withdrawing"):
    """An order that is at its venue is to be taken back there."""

    at: int
    order_id: int


class Adjusted(msgspec.Struct, frozen=True, kw_only=True, tag="adjusted"):
    """The venue's balance is not what our fills make of it: others' trades, deposits."""

    at: int
    postings: list[Posting]


class ForeignSeen(msgspec.Struct, frozen=True, kw_only=True, tag="foreign"):
    """The positions that are held beside ours are these now."""

    at: int
    positions: list[ForeignPosition]


class Differed(msgspec.Struct, frozen=True, kw_only=True, tag="differed"):
    """What we hold and what the venue shows differ, unexplained: ours and theirs."""

    at: int
    differences: list[tuple[str, str]]


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag="ended"):
    """An order ended without being filled: `cancelled`, `expired` or `rejected`.

    `code` is the venue's of one that it rejected.
    """

    at: int
    order_id: int
    state: str
    reason: str
    code: str = ""


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
    | Unsure
    | Missed
    | Withdrawing
    | Adjusted
    | ForeignSeen
    | Differed
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
