"""What Gemini pushes. Shapes follow docs.gemini.com, "Market Data" versions 1 and 2.

Version 2 tells the taker's side. Version 1 tells the maker's, and the symbol in the address of
its socket alone: its trades are rejected unless the request, our socket or the message names
one as well.
"""

import msgspec

from core.messages import Recognised
from feeds.wire import MAKER_SIDE, NOTHING, TAKER_SIDE, Number, Shapes, Text, add_trade, side

_IGNORED_TYPES = frozenset(
    "candles_1m_updates candles_5m_updates candles_15m_updates candles_30m_updates "
    "candles_1h_updates candles_6h_updates candles_1d_updates auction_indicative auction_result "
    "auction_open".split()
)


class Message(msgspec.Struct):
    """The fields that are read of a message."""

    type: str | None = None
    symbol: Text = None
    event_id: Number = None
    timestamp: Number = None
    price: Number = None
    quantity: Number = None
    side: Text = None
    trades: msgspec.Raw = NOTHING
    changes: msgspec.Raw = NOTHING
    socket_sequence: Number = None
    timestampms: Number = None
    events: msgspec.Raw = NOTHING


class _Trade(msgspec.Struct):
    symbol: Text = None
    event_id: Number = None
    timestamp: Number = None
    price: Number = None
    quantity: Number = None
    side: Text = None


class _Event(msgspec.Struct):
    type: str | None = None
    tid: Number = None
    price: Number = None
    amount: Number = None
    makerSide: Text = None  # noqa: N815


_TRADES = msgspec.json.Decoder(list[_Trade])
_EVENTS = msgspec.json.Decoder(list[_Event])
_BOOK_SIDE = MAKER_SIDE | {"bid": False, "ask": True}


def _sort(found: Recognised, index: int, message: Message) -> bool:
    kind = message.type
    if kind == "trade" and message.quantity is not None and message.symbol is not None:
        _add(found, index, message)
    elif kind == "l2_updates":
        trades = _TRADES.decode(message.trades) if message.trades else []
        for trade in trades:
            _add(found, index, trade)
        if not trades:
            found.ignore()
    elif message.socket_sequence is not None:
        _sort_events(found, index, message)
    elif kind in _IGNORED_TYPES:
        found.ignore()
    else:
        return False
    return True


def _add(found: Recognised, index: int, row: Message | _Trade) -> None:
    buys = side(row.side, TAKER_SIDE)
    add_trade(found, index, row.symbol, row.event_id, row.timestamp, row.price, row.quantity, buys)


def _sort_events(found: Recognised, index: int, message: Message) -> None:
    events = _EVENTS.decode(message.events) if message.events else []
    trades = [event for event in events if event.type == "trade"]
    for one in trades:
        buys = side(one.makerSide, _BOOK_SIDE)
        add_trade(
            found, index, message.symbol, one.tid, message.timestampms, one.price, one.amount, buys
        )
    if not trades:
        found.ignore()


SHAPES = Shapes(Message, _sort)
