"""What Deribit pushes. Shapes follow docs.deribit.com; `direction` is the taker's side.

`trade_seq` numbers the trades of one instrument; `trade_id` may be a text such as `ETH-123`.
Amounts of inverse contracts are in USD, as Deribit tells them.
"""

import msgspec

from core.messages import Recognised
from feeds.wire import (
    NOTHING,
    TAKER_SIDE,
    Number,
    Shapes,
    Text,
    add_ticker,
    add_trade,
    may_tell_trades,
    rows_of,
    side,
)


class Message(msgspec.Struct):
    """The fields that are read of a message."""

    jsonrpc: str | None = None
    method: str | None = None
    params: msgspec.Raw = NOTHING


class _Parameters(msgspec.Struct):
    channel: str = ""
    data: msgspec.Raw = NOTHING


class _Trade(msgspec.Struct):
    trade_seq: Number = None
    trade_id: Number = None
    timestamp: Number = None
    price: Number = None
    amount: Number = None
    direction: Text = None
    instrument_name: Text = None


class _Statistics(msgspec.Struct):
    volume: Number = None


class _Ticker(msgspec.Struct):
    instrument_name: Text = None
    timestamp: Number = None
    last_price: Number = None
    best_bid_price: Number = None
    best_ask_price: Number = None
    stats: _Statistics = msgspec.field(default_factory=_Statistics)


# What Deribit sends of itself, and its answers, which name no method.
_METHODS = ("subscription", "heartbeat", None)
_PARAMETERS = msgspec.json.Decoder(_Parameters)
_TRADES = msgspec.json.Decoder(list[_Trade])
_TICKER = msgspec.json.Decoder(_Ticker)


def _sort(found: Recognised, index: int, message: Message) -> bool:
    if message.jsonrpc is None or message.method not in _METHODS:
        return False
    told = _Parameters()
    if message.method == "subscription" and message.params:
        told = _PARAMETERS.decode(message.params)
    if told.channel.startswith("trades.") and told.data:
        for trade in rows_of(found, _TRADES.decode(told.data)):
            identity = trade.trade_id if trade.trade_seq is None else trade.trade_seq
            buys = side(trade.direction, TAKER_SIDE)
            add_trade(
                found, index, trade.instrument_name, identity, trade.timestamp,
                trade.price, trade.amount, buys,
            )  # fmt: skip
    elif told.channel.startswith("ticker.") and told.data:
        row = _TICKER.decode(told.data)
        add_ticker(
            found, index, row.instrument_name, row.timestamp, price=row.last_price,
            bid=row.best_bid_price, ask=row.best_ask_price, volume_24h=row.stats.volume,
        )  # fmt: skip
    elif may_tell_trades(told.channel) and not told.channel.startswith("user."):
        return False
    else:
        found.ignore()
    return True


SHAPES = Shapes(Message, _sort)
