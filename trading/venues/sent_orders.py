"""What we sent to a venue and hold there, and what a reading of the venue makes of it."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from core.venues.account import Side, VenuePosition
from core.venues.trades import OUR_IDS

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TAG = 6
_ID = 8

State = Literal["working", "filled", "partially_filled", "cancelled", "expired", "rejected"]


class SentOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order of ours whose end is not known, by the venue's names.

    `closes` is the position that it closes, or a part of it, where it opens none.
    `order_id` and `position_id` are what the venue answered, if it did. `absent_since` is when a
    complete reading first lacked it (epoch ms).
    """

    client_id: str
    symbol: str
    side: Side
    volume: Decimal
    sent_at: int
    closes: str | None = None
    order_id: str | None = None
    position_id: str | None = None
    absent_since: int | None = None


class HeldPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position that is open at the venue as far as we know, with its present volume."""

    position_id: str
    symbol: str
    side: Side
    volume: Decimal


class Ours(msgspec.Struct, frozen=True, kw_only=True):
    """What we know.

    Orders whose end is open, and positions that are; the ids of orders whose end is known, and
    of positions that are closed; the closing deals that are booked already.
    """

    orders: Sequence[SentOrder] = ()
    held: Sequence[HeldPosition] = ()
    ended: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    booked: frozenset[str] = frozenset()


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an order, and how it was found: by its id, or by its marks."""

    client_id: str
    state: State
    by: Literal["client_id", "marks", "absence"]
    reason: str = ""
    order_id: str | None = None
    position_id: str | None = None
    volume: Decimal = Decimal(0)
    price: Decimal | None = None


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a position of ours that was closed at the venue, by a deal."""

    position_id: str
    deal_id: str
    volume: Decimal
    price: Decimal
    at: int
    reason: str


class Difference(msgspec.Struct, frozen=True):
    """What cannot be explained, from both sides."""

    ours: str
    theirs: str


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """What a reading shows. `absent` has the orders that it lacks, and since when."""

    resolved: Sequence[Resolution] = ()
    absent: Mapping[str, int] = {}
    closings: Sequence[Closing] = ()
    foreign: Sequence[VenuePosition] = ()
    differences: Sequence[Difference] = ()


def venue_client_id(symbol: str, client_order_id: str) -> str:
    """Return our id of an order as venues take it: `TC_EURUSD_` and 8 characters of its hash."""
    tag = re.sub(r"[^A-Z0-9]", "", symbol.upper())[:_TAG] or "X"
    number = int.from_bytes(hashlib.sha256(client_order_id.encode()).digest())
    letters = []
    for _ in range(_ID):
        number, rest = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[rest])
    return f"{OUR_IDS}{tag}_{''.join(letters)}"
