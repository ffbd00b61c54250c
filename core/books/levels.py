"""Levels of a book, exact, and the best of them as they travel from a collector to readers."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeAlias

import msgspec

TOP = 20
# A collector tells a book that does not change again after so long.
REPEATED_S = 5.0
_SMALLEST, _LARGEST = -24, 24
_MOST_CHARACTERS = 64
_LEVELS = msgspec.json.Decoder(list[list[str | int | float]])

Level: TypeAlias = tuple[Decimal, Decimal]
Levels: TypeAlias = tuple[Level, ...]


class BookState(StrEnum):
    """Whether a book may be used as the present one.

    LIVE: in step with the exchange. RESYNCING: it missed something, or its connection broke; the
    levels are the last that were right. STALE: nobody told of it for long. WAITING: no
    collector has told of it yet.
    """

    LIVE = "live"
    RESYNCING = "resyncing"
    STALE = "stale"
    WAITING = "waiting"


class TopOfBook(msgspec.Struct, frozen=True):
    """The best levels of one market, best first; `time` is the exchange's, in epoch ms UTC.

    `sequence` is the exchange's number of the last change that is in it, or where it has none
    how many changes came since the snapshot.
    """

    symbol: str
    bids: Levels
    asks: Levels
    time: int
    sequence: int
    state: BookState


def read_levels(rows: Iterable[Sequence[Any]]) -> list[Level]:
    """Return levels of price and size, as text or numbers; what follows those is left alone.

    A size of 0 stays. Raises `ValueError` for a price that is not above zero, a size below it,
    and what is no finite number.
    """
    levels = []
    for row in rows:
        price, size = read_number(row[0]), read_number(row[1])
        if price <= 0 or size < 0:
            raise ValueError("a price that is not above zero, or a size below it")
        levels.append((price, size))
    return levels


def read_number(value: Any) -> Decimal:
    """Return a number exactly as it is written; raises `ValueError` if it is none or absurd."""
    text = value if isinstance(value, str) else str(value)
    try:
        number = Decimal(text) if len(text) <= _MOST_CHARACTERS else Decimal("NaN")
    except ArithmeticError:
        raise ValueError("not a number") from None
    if not number.is_finite() or not (not number or _SMALLEST <= number.adjusted() <= _LARGEST):
        raise ValueError("not a finite number of a usual size")
    return number


def plain(number: Decimal) -> Decimal:
    """Return the same number without exponent and zeros at its end."""
    text = format(number, "f")
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def read_side(raw: bytes, *, descending: bool) -> Levels:
    """Return the best levels of a side, of which the best comes first.

    Raises `ValueError` where it holds something else.
    """
    try:
        found = read_levels(_LEVELS.decode(raw))
    except (msgspec.MsgspecError, IndexError):
        raise ValueError("levels that are not [price, size]") from None
    ordered = all((a > b) is descending and a != b for (a, _), (b, _) in pairwise(found))
    if not ordered or not all(size for _, size in found):
        raise ValueError("levels out of order, or without size")
    return tuple((plain(price), plain(size)) for price, size in found[:TOP])


def is_crossed(bids: Sequence[Level], asks: Sequence[Level]) -> bool:
    """Say whether somebody would buy for what somebody sells at, which no exchange leaves so."""
    return bool(bids and asks and bids[0][0] >= asks[0][0])
