"""What Coinbase Exchange and Coinbase Advanced Trade push.

Shapes follow docs.cdp.coinbase.com; the side of a trade is the maker's on both.
"""

import msgspec

from core.messages import Recognised
from feeds.wire import MAKER_SIDE, NOTHING, Number, Shapes, Text, add_ticker, add_trade, side

TRADE_TYPES = frozenset(("match", "last_match"))
_IGNORED_TYPES = frozenset(
    "subscriptions subscribe unsubscribe heartbeat status l2update level2 open received "
    "done change activate full auction".split()
)
_IGNORED_CHANNELS = frozenset(
    "subscriptions heartbeats l2_data level2 candles status ticker_batch user".split()
)


class Message(msgspec.Struct):
    """The fields that are read of a message, in a match's order: so they are found soonest."""

    type: str | None = None
    trade_id: Number = None
    side: Text = None
    size: Number = None
    price: Number = None
    product_id: Text = None
    sequence: Number = None
    time: Number = None
    best_bid: Number = None
    best_ask: Number = None
    bid: Number = None
    ask: Number = None
    volume_24h: Number = None
    channel: str | None = None
    timestamp: Number = None
    events: msgspec.Raw = NOTHING


class _Row(msgspec.Struct):
    product_id: Text = None
    trade_id: Number = None
    price: Number = None
    size: Number = None
    time: Number = None
    side: Text = None
    best_bid: Number = None
    best_ask: Number = None
    volume_24_h: Number = None


class _Event(msgspec.Struct):
    trades: list[_Row] = []
    tickers: list[_Row] = []


_EVENTS = msgspec.json.Decoder(list[_Event])


def _sort(found: Recognised, index: int, message: Message) -> bool:
    kind = message.type
    if message.product_id is not None:
        if kind in TRADE_TYPES or kind == "trade":
            identity = message.trade_id if message.trade_id is not None else message.sequence
            buys = side(message.side, MAKER_SIDE)
            add_trade(
                found, index, message.product_id, identity, message.time,
                message.price, message.size, buys,
            )  # fmt: skip
            return True
        if kind == "ticker":
            bid = message.bid if message.best_bid is None else message.best_bid
            ask = message.ask if message.best_ask is None else message.best_ask
            add_ticker(
                found, index, message.product_id, message.time, price=message.price,
                bid=bid, ask=ask, volume_24h=message.volume_24h,
            )  # fmt: skip
            return True
        if kind == "snapshot":
            found.ignore()
            return True
    if kind is not None and kind in _IGNORED_TYPES and message.channel is None:
        found.ignore()
        return True
    if message.channel is not None and message.events:
        return _advanced_trade(found, index, message)
    return False


def _advanced_trade(found: Recognised, index: int, message: Message) -> bool:
    if message.channel in _IGNORED_CHANNELS:
        found.ignore()
        return True
    known = False
    for event in _EVENTS.decode(message.events):
        for row in event.trades:
            known = True
            buys = side(row.side, MAKER_SIDE)
            add_trade(
                found, index, row.product_id, row.trade_id, row.time, row.price, row.size, buys
            )
        for row in event.tickers:
            known = True
            add_ticker(
                found, index, row.product_id, message.timestamp, price=row.price,
                bid=row.best_bid, ask=row.best_ask, volume_24h=row.volume_24_h,
            )  # fmt: skip
    return known


SHAPES = Shapes(Message, _sort)
