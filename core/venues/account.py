"""What a trading venue shows of an account, whatever the venue: instants are epoch ms UTC."""

from decimal import Decimal
from typing import Literal

import msgspec

Side = Literal["buy", "sell"]


class VenueAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account's money, in its currency, and what may be done with it."""

    login: str
    name: str
    server: str
    broker: str
    platform: str
    currency: str
    leverage: int
    balance: Decimal
    equity: Decimal
    margin: Decimal
    free_margin: Decimal
    # A real one is no demo account; whoever is an investor only looks.
    real: bool
    investor: bool
    trade_allowed: bool
    # Each order opens a position of its own; else there is one of a market.
    hedging: bool = True


class VenuePosition(msgspec.Struct, frozen=True, kw_only=True):
    """An open position. `client_id` is what whoever opened it wrote on it, if the venue kept it."""

    id: str
    symbol: str
    side: Side
    volume: Decimal
    open_price: Decimal
    current_price: Decimal
    opened_at: int
    profit: Decimal
    swap: Decimal
    commission: Decimal
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    magic: int = 0
    client_id: str | None = None
    comment: str | None = None


class VenueOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that waits at the venue, or one of its history (`done_at`)."""

    id: str
    symbol: str
    side: Side
    state: str
    volume: Decimal
    remaining: Decimal
    placed_at: int
    done_at: int | None = None
    price: Decimal | None = None
    position_id: str | None = None
    magic: int = 0
    client_id: str | None = None
    comment: str | None = None


class VenueDeal(msgspec.Struct, frozen=True, kw_only=True):
    """A fill; `entry` says whether it opened a position, closed it or turned it round."""

    id: str
    symbol: str
    side: Side
    entry: Literal["in", "out", "inout"]
    volume: Decimal
    price: Decimal
    at: int
    profit: Decimal
    swap: Decimal
    commission: Decimal
    order_id: str | None = None
    position_id: str | None = None
    magic: int = 0
    client_id: str | None = None
    comment: str | None = None
    reason: str = ""


class VenueReading(msgspec.Struct, frozen=True, kw_only=True):
    """All that a venue showed at `read_at`; history from `since` on.

    Of an incomplete one (the venue is synchronizing still) nothing may be concluded from
    what is absent. `clock_offset_ms` is the venue's clock less ours, as far as it says.
    """

    read_at: int
    since: int
    complete: bool
    clock_offset_ms: int = 0
    positions: tuple[VenuePosition, ...] = ()
    orders: tuple[VenueOrder, ...] = ()
    history: tuple[VenueOrder, ...] = ()
    deals: tuple[VenueDeal, ...] = ()


class VenueSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """An account, its positions and the orders that wait, as they were last read."""

    read_at: int
    account: VenueAccount
    positions: tuple[VenuePosition, ...] = ()
    orders: tuple[VenueOrder, ...] = ()


class VenuePrice(msgspec.Struct, frozen=True):
    """The newest prices of a symbol at the venue."""

    symbol: str
    bid: Decimal
    ask: Decimal
    at: int


class VenueSpecification(msgspec.Struct, frozen=True, kw_only=True):
    """By what steps and sizes a symbol is traded; swaps in the venue's own unit."""

    symbol: str
    tick_size: Decimal
    digits: int
    contract_size: Decimal
    volume_min: Decimal
    volume_max: Decimal
    volume_step: Decimal
    swap_long: Decimal
    swap_short: Decimal
    quote: str
