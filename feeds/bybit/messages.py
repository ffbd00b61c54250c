"""What Bybit pushes. Shapes follow bybit-exchange.github.io/docs/v5; sides are the taker's.

Ids of derivatives are UUIDs: names of trades that are not in a row.
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

    topic: str | None = None
    ts: Number = None
    data: msgspec.Raw = NOTHING
    op: str | None = None
    ret_msg: str | None = None


class _Trade(msgspec.Struct):
    T: Number = None
    s: Text = None
    S: Text = None
    v: Number = None
    p: Number = None
    i: Number = None
    BT: bool = False


class _Ticker(msgspec.Struct):
    symbol: Text = None
    lastPrice: Number = None  # noqa: N815
    bid1Price: Number = None  # noqa: N815
    ask1Price: Number = None  # noqa: N815
    volume24h: Number = None


_TRADES = msgspec.json.Decoder(list[_Trade])
_TICKER = msgspec.json.Decoder(_Ticker)


def _sort(found: Recognised, index: int, message: Message) -> bool:
    topic = message.topic
    if topic is None:
        if message.op is None:
            return False
        found.ignore()
    elif topic.startswith("publicTrade.") and message.data:
        for trade in rows_of(found, _TRADES.decode(message.data)):
            if trade.BT:
                found.ignore("no trade of the market: block trade")
                continue
            buys = side(trade.S, TAKER_SIDE)
            add_trade(found, index, trade.s, trade.i, trade.T, trade.p, trade.v, buys)
    elif topic.startswith("tickers.") and message.data:
        _add_ticker(found, index, _TICKER.decode(message.data), message.ts)
    elif may_tell_trades(topic):
        return False
    else:
        found.ignore()
    return True


def _add_ticker(found: Recognised, index: int, row: _Ticker, time: Number) -> None:
    # What changed alone is told: a change of neither price is no quote.
    if row.lastPrice is row.bid1Price is row.ask1Price is None:
        found.ignore()
        return
    add_ticker(
        found, index, row.symbol, time, price=row.lastPrice, bid=row.bid1Price,
        ask=row.ask1Price, volume_24h=row.volume24h,
    )  # fmt: skip


SHAPES = Shapes(Message, _sort)
