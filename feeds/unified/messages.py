"""Trades and quotes as ccxt and cryptofeed write those of every exchange.

ccxt: docs.ccxt.com, "Trade structure" and "Ticker structure"; cryptofeed: the `to_dict` of
its Trade and Ticker. Symbols have a slash or a hyphen, sides are the taker's, ids may be null.
"""

import msgspec

from core.messages import Recognised
from feeds.wire import TAKER_SIDE, Number, Shapes, Text, add_ticker, add_trade, side

_OUR_TYPES = frozenset(("trade", "ticker"))


class Message(msgspec.Struct):
    """The fields that are read of a message."""

    type: str | None = None
    symbol: Text = None
    id: Number = None
    timestamp: Number = None
    datetime: Text = None
    exchange: Text = None
    side: Text = None
    price: Number = None
    amount: Number = None
    last: Number = None
    bid: Number = None
    ask: Number = None
    baseVolume: Number = None  # noqa: N815


def _sort(found: Recognised, index: int, message: Message) -> bool:
    if message.type in _OUR_TYPES or message.symbol is None:
        return False
    if message.datetime is None and message.exchange is None:
        return False
    time = message.datetime if message.timestamp is None else message.timestamp
    if message.amount is not None:
        buys = side(message.side, TAKER_SIDE)
        add_trade(
            found, index, message.symbol, message.id, time,
            message.price, message.amount, buys,
        )  # fmt: skip
        return True
    if message.last is None and message.bid is None and message.ask is None:
        return False
    add_ticker(
        found, index, message.symbol, time, price=message.last, bid=message.bid,
        ask=message.ask, volume_24h=message.baseVolume,
    )  # fmt: skip
    return True


SHAPES = Shapes(Message, _sort)
