"""What the message shapes of all venues are made of: bounded values, and their way out.

A venue's folder has a `messages.py` with a struct of the fields that it reads of a message
and a function that sorts one message; `feeds.messages` joins the fields of all venues into
one struct, so that a message of any shape decodes in a single pass.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from core.messages import Channels, IdKind, Recognised, TickerMessage

Row = TypeVar("Row")
_TRADES_BY_NAME = re.compile("trade|match|deal|execution|transaction|fill", re.IGNORECASE)
MOST_CHARACTERS = 64
MOST_CHANNELS = 1_000

# Longer numbers are refused while decoding: their digits cost more than linear time. (The
# decoder itself refuses whole numbers of more than 4,300.)
Text: TypeAlias = Annotated[str, Meta(max_length=MOST_CHARACTERS)] | None
Number: TypeAlias = Annotated[str, Meta(max_length=MOST_CHARACTERS)] | int | float | None

NOTHING = msgspec.Raw()
_SYMBOL = "symbol: give it in the message, or for all of them as symbol= in the address"
TAKER_SIDE = {"buy": True, "sell": False}
MAKER_SIDE = {"buy": False, "sell": True}
Sort: TypeAlias = Callable[[Recognised, int, Any], bool]
SortList: TypeAlias = Callable[[Recognised, int, list[msgspec.Raw], Channels], bool]
NoteChannel: TypeAlias = Callable[[Any, Channels], None]


class Shapes(NamedTuple):
    """How a venue writes its messages.

    `fields`: those that `sort` reads of a message, every one with a default. `sort` puts
    a message where it belongs and says whether it was one of the venue's; no two venues
    may claim the same message. `sort_list` does so for messages that are JSON lists, and
    `note_channel` keeps what a subscription says of its number.
    """

    fields: type[msgspec.Struct]
    sort: Sort
    sort_list: SortList | None = None
    note_channel: NoteChannel | None = None


def add_trade(
    found: Recognised,
    index: int,
    symbol: str | None,
    identity: Any,
    time: Any,
    price: Any,
    size: Any,
    taker_buys: bool | None,
    kind: IdKind = IdKind.TRADE,
) -> None:
    """Add a trade; without symbol, price or size it is rejected, without id it has none.

    `taker_buys` is None where the side is not told.
    """
    symbol = found.symbol if symbol is None else symbol
    if symbol is None or price is None or size is None:
        missing = _SYMBOL if symbol is None else "price" if price is None else "size"
        found.reject(index, f"a trade without {missing}")
    elif identity is None:
        found.add_trade(index, symbol, IdKind.NONE, 0, 0, time, price, size, taker_buys)
    else:
        found.add_trade(index, symbol, kind, identity, identity, time, price, size, taker_buys)


def may_tell_trades(name: str) -> bool:
    """Say whether a channel's name speaks of trades: such a one is never ignored in silence.

    Other venues than ours wrap their messages in the same words.
    """
    return _TRADES_BY_NAME.search(name) is not None


def side(text: str | None, sides: dict[str, bool]) -> bool | None:
    """Return whether the taker buys; `sides` says whose side is told."""
    return None if text is None else sides.get(text.lower())


def add_ticker(
    found: Recognised,
    index: int,
    symbol: str | None,
    time: Any = None,
    *,
    price: Any = None,
    bid: Any = None,
    ask: Any = None,
    volume_24h: Any = None,
) -> None:
    """Add a quote; one without symbol is rejected."""
    symbol = found.symbol if symbol is None else symbol
    if symbol is None:
        found.reject(index, f"a ticker without {_SYMBOL}")
    else:
        found.add_ticker(TickerMessage(index, symbol, time, price, bid, ask, volume_24h))


def rows_of(found: Recognised, rows: list[Row]) -> list[Row]:
    """Return the rows of an envelope; one without any is ignored."""
    if not rows:
        found.ignore()
    return rows
