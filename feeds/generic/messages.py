"""Our own form: `{"type": "trade", "symbol", "price", "size", "time", "trade_id", "side"}`.

`side` is the taker's. A quote is `{"type": "ticker", "symbol", "price", "bid", "ask"}`, the best of
a book `{"type": "orderbook", "symbol", "bids", "asks", "time", "sequence", "state"}`.
"""

import msgspec

from core.messages import BookMessage, IdKind, Recognised
from feeds.wire import (
    NOTHING,
    TAKER_SIDE,
    Number,
    Shapes,
    Text,
    add_ticker,
    add_trade,
    side,
)

_TRADE_TYPES = frozenset(("trade", "match", "last_match"))


class Message(msgspec.Struct):
    """The fields that are read of a message."""

    type: str | None = None
    symbol: Text = None
    product_id: Text = None
    price: Number = None
    size: Number = None
    quantity: Number = None
    time: Number = None
    trade_id: Number = None
    sequence: Number = None
    side: Text = None
    bid: Number = None
    ask: Number = None
    best_bid: Number = None
    best_ask: Number = None
    volume_24h: Number = None
    bids: msgspec.Raw = NOTHING
    asks: msgspec.Raw = NOTHING
    state: Text = None


def _sort(found: Recognised, index: int, message: Message) -> bool:
    kind = message.type
    if message.product_id is not None or (message.quantity is not None and message.symbol):
        return False
    if kind in _TRADE_TYPES:
        identity, kind = message.trade_id, IdKind.TRADE
        if identity is None and message.sequence is not None:
            # The feed numbers its trades itself, without a hole: a missing one was missed.
            identity, kind = message.sequence, IdKind.SEQUENCE
        buys = side(message.side, TAKER_SIDE)
        add_trade(
            found, index, message.symbol, identity, message.time, message.price, message.size,
            buys, kind,
        )  # fmt: skip
    elif kind == "ticker":
        bid = message.bid if message.best_bid is None else message.best_bid
        ask = message.ask if message.best_ask is None else message.best_ask
        add_ticker(
            found, index, message.symbol, message.time, price=message.price, bid=bid,
            ask=ask, volume_24h=message.volume_24h,
        )  # fmt: skip
    elif kind == "orderbook":
        _add_book(found, index, message)
    elif kind in ("ping", "pong"):
        found.ignore()
    else:
        return False
    return True


def _add_book(found: Recognised, index: int, message: Message) -> None:
    if message.symbol is None or not message.bids or not message.asks:
        found.reject(index, "an orderbook without symbol, bids or asks")
        return
    found.add_book(
        BookMessage(
            index, message.symbol, message.time, message.sequence, message.state,
            bytes(message.bids), bytes(message.asks),
        )
    )  # fmt: skip


SHAPES = Shapes(Message, _sort)
