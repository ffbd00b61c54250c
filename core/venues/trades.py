"""What a venue is told to do, and how its answer is to be understood."""

from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from core.venues.account import (
    Side,
    VenueAccount,
    VenuePrice,
    VenueReading,
    VenueSpecification,
)

# By it our orders are told from those of others at an account.
MAGIC = 72_540_417
# Our ids of orders begin so.
OUR_IDS = "TC_"


class SendOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A new order; `client_id` is ours, unique for ever. At the market it has no `price`."""

    side: Side
    type: Literal["market", "limit", "stop"] = "market"
    symbol: str
    volume: Decimal
    client_id: str
    price: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    comment: str = ""
    magic: int = MAGIC


class SendClose(msgspec.Struct, frozen=True, kw_only=True):
    """Close a position, or the part `volume` of it."""

    position_id: str
    client_id: str
    volume: Decimal | None = None


class SendModify(msgspec.Struct, frozen=True, kw_only=True):
    """Give a position another stop loss and take profit; None takes one off."""

    position_id: str
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None


class SendCancel(msgspec.Struct, frozen=True, kw_only=True):
    """Take back an order that waits."""

    order_id: str


VenueCommand = SendOrder | SendClose | SendModify | SendCancel


class TradeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How a venue answered a command that was sent at most once.

    `done`: it is carried out, or waits there; `refused`: it is certain that it is not and
    will not be; `unknown`: either may be, and only looking tells. It is never sent again.
    """

    state: Literal["done", "refused", "unknown"]
    code: str = ""
    detail: str = ""
    order_id: str | None = None
    position_id: str | None = None
    partial: bool = False


class TradingVenue(Protocol):
    """An account at a venue.

    All but `trade` raise `ExchangeUnavailable` where asking again may help, and
    `ExchangeRefused` where not; `trade` answers `unknown` or `refused` instead.
    """

    def account(self) -> VenueAccount:
        """Return the account's money and rights."""

    def reading(self, since: int) -> VenueReading:
        """Return all positions and orders, and the history since an instant (epoch ms)."""

    def price(self, symbol: str) -> VenuePrice:
        """Return the newest prices of a symbol, by the venue's name of it."""

    def specification(self, symbol: str) -> VenueSpecification:
        """Return by what steps a symbol is traded."""

    def trade(self, command: VenueCommand, send_by: float | None = None) -> TradeAnswer:
        """Send a command, once; not after `send_by` (by `time.monotonic`)."""

    def close(self) -> None:
        """Close its connections."""
