"""What Kraken pushes: lists and events of version 1, objects of version 2.

Shapes follow docs.kraken.com, "WebSocket API" v1 and v2. Sides are the taker's. Trades of
version 1 have no ids.
"""

import msgspec

from core.messages import Channels, Recognised
from feeds.wire import (
    NOTHING,
    TAKER_SIDE,
    Number,
    Shapes,
    Text,
    add_ticker,
    add_trade,
    rows_of,
    side,
)

_EVENTS = frozenset("systemStatus subscriptionStatus heartbeat pong".split())
_IGNORED_CHANNELS = frozenset("heartbeat status book level3 ohlc instrument".split())
_IGNORED_FEEDS = ("book", "ohlc", "spread")
_METHODS = frozenset(("subscribe", "unsubscribe", "pong"))


class Message(msgspec.Struct):
    """The fields that are read of a message."""

    event: str | None = None
    channel: str | None = None
    data: msgspec.Raw = NOTHING
    method: str | None = None
    success: bool | None = None
    time_in: Number = None


class _Trade(msgspec.Struct):
    symbol: Text = None
    side: Text = None
    price: Number = None
    qty: Number = None
    trade_id: Number = None
    timestamp: Number = None


class _Ticker(msgspec.Struct):
    symbol: Text = None
    bid: Number = None
    ask: Number = None
    last: Number = None
    volume: Number = None
    timestamp: Number = None


class _TradeRow(msgspec.Struct, array_like=True):
    price: Number
    volume: Number
    time: Number
    side: Text = None


class _TickerLists(msgspec.Struct):
    a: list[Number] = []
    b: list[Number] = []
    c: list[Number] = []
    v: list[Number] = []


_TEXT = msgspec.json.Decoder(str)
_TRADES = msgspec.json.Decoder(list[_Trade])
_TICKERS = msgspec.json.Decoder(list[_Ticker])
_TRADE_ROWS = msgspec.json.Decoder(list[_TradeRow])
_TICKER_LISTS = msgspec.json.Decoder(_TickerLists)
_LETTERS = {"b": True, "s": False}


def _sort(found: Recognised, index: int, message: Message) -> bool:
    answered = message.success is not None or message.time_in is not None
    if message.event in _EVENTS or (message.method in _METHODS and answered):
        found.ignore()
        return True
    channel = message.channel
    if message.event is not None or channel is None:
        return False
    if channel in _IGNORED_CHANNELS and (message.data or channel == "heartbeat"):
        found.ignore()
    elif channel == "trade" and message.data:
        for trade in rows_of(found, _TRADES.decode(message.data)):
            buys = side(trade.side, TAKER_SIDE)
            add_trade(
                found, index, trade.symbol, trade.trade_id, trade.timestamp,
                trade.price, trade.qty, buys,
            )  # fmt: skip
    elif channel == "ticker" and message.data:
        for row in rows_of(found, _TICKERS.decode(message.data)):
            add_ticker(
                found, index, row.symbol, row.timestamp, price=row.last,
                bid=row.bid, ask=row.ask, volume_24h=row.volume,
            )  # fmt: skip
    else:
        return False
    return True


def _sort_list(found: Recognised, index: int, parts: list[msgspec.Raw], channels: Channels) -> bool:
    """Sort `[channel, payload, ..., feed, pair]`."""
    if len(parts) < 4 or not all(bytes(part).startswith(b'"') for part in parts[-2:]):
        return False
    feed, pair = (_TEXT.decode(part) for part in parts[-2:])
    if feed == "trade":
        for row in rows_of(found, _TRADE_ROWS.decode(parts[1])):
            buys = None if row.side is None else _LETTERS.get(row.side)
            add_trade(found, index, pair, None, row.time, row.price, row.volume, buys)
    elif feed == "ticker":
        told = _TICKER_LISTS.decode(parts[1])
        add_ticker(
            found, index, pair, price=_at(told.c, 0), bid=_at(told.b, 0),
            ask=_at(told.a, 0), volume_24h=_at(told.v, 1),
        )  # fmt: skip
    elif feed.startswith(_IGNORED_FEEDS):
        found.ignore()
    else:
        return False
    return True


def _at(values: list[Number], place: int) -> Number:
    return values[place] if place < len(values) else None


SHAPES = Shapes(Message, _sort, _sort_list)
