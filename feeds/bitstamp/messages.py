"""What Bitstamp pushes. Shapes follow www.bitstamp.net/websocket/v2; `type` 0 is a buying taker.

The symbol is the end of the channel's name: `live_trades_btcusd`. Ids are one counter for
all markets.
"""

import msgspec

from core.messages import Recognised
from feeds.wire import NOTHING, Number, Shapes, add_trade

_TRADES = "live_trades_"
_CHANNELS = (_TRADES, "live_orders_", "order_book_", "detail_order_book_", "diff_order_book_")


class Message(msgspec.Struct):
    """The fields that are read of a message."""

    event: str | None = None
    channel: str | None = None
    data: msgspec.Raw = NOTHING


class _Trade(msgspec.Struct):
    id: Number = None
    microtimestamp: Number = None
    timestamp: Number = None
    price_str: Number = None
    price: Number = None
    amount_str: Number = None
    amount: Number = None
    type: int | None = None


_TRADE = msgspec.json.Decoder(_Trade)


def _sort(found: Recognised, index: int, message: Message) -> bool:
    event, channel = message.event, message.channel
    if event is None:
        return False
    if event.startswith("bts:"):
        found.ignore()
        return True
    if channel is None or not channel.startswith(_CHANNELS):
        return False
    if event != "trade" or not channel.startswith(_TRADES):
        found.ignore()
        return True
    trade = _TRADE.decode(message.data)
    # The text has all decimals; the number beside it is rounded to a float.
    price = trade.price if trade.price_str is None else trade.price_str
    size = trade.amount if trade.amount_str is None else trade.amount_str
    time = trade.timestamp if trade.microtimestamp is None else trade.microtimestamp
    buys = None if trade.type is None else trade.type == 0
    add_trade(found, index, channel.removeprefix(_TRADES), trade.id, time, price, size, buys)
    return True


SHAPES = Shapes(Message, _sort)
