"""What OKX pushes. Shapes follow www.okx.com/docs-v5; sides are the taker's.

Trades of the channel `trades` are joined by price, so their ids have holes.
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

_TRADES = frozenset(("trades", "trades-all"))


class Message(msgspec.Struct):
    """The fields that are read of a message."""

    arg: msgspec.Raw = NOTHING
    event: str | None = None
    data: msgspec.Raw = NOTHING
    code: Number = None


class _Argument(msgspec.Struct):
    channel: str = ""
    instId: Text = None  # noqa: N815


class _Row(msgspec.Struct):
    instId: Text = None  # noqa: N815
    tradeId: Number = None  # noqa: N815
    px: Number = None
    sz: Number = None
    side: Text = None
    ts: Number = None
    last: Number = None
    bidPx: Number = None  # noqa: N815
    askPx: Number = None  # noqa: N815
    vol24h: Number = None


_ARGUMENT = msgspec.json.Decoder(_Argument)
_ROWS = msgspec.json.Decoder(list[_Row])


def _sort(found: Recognised, index: int, message: Message) -> bool:
    if message.event is not None:
        if message.arg or message.code is not None:
            found.ignore()
            return True
        return False
    if not message.arg or not message.data:
        return False
    channel = _ARGUMENT.decode(message.arg).channel
    if channel in _TRADES:
        for row in rows_of(found, _ROWS.decode(message.data)):
            buys = side(row.side, TAKER_SIDE)
            add_trade(found, index, row.instId, row.tradeId, row.ts, row.px, row.sz, buys)
    elif channel == "tickers":
        for row in rows_of(found, _ROWS.decode(message.data)):
            add_ticker(
                found, index, row.instId, row.ts, price=row.last, bid=row.bidPx,
                ask=row.askPx, volume_24h=row.vol24h,
            )  # fmt: skip
    elif may_tell_trades(channel or ""):
        return False
    else:
        found.ignore()
    return True


SHAPES = Shapes(Message, _sort)
