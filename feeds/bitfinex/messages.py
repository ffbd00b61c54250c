"""What Bitfinex pushes. Shapes follow docs.bitfinex.com, "WebSocket API" v2.

A message names the number of its channel only; which symbol that is was told when it was
subscribed to, on the same connection. The sign of an amount is the taker's side.
"""

import msgspec

from core.messages import Channels, Recognised
from feeds.wire import (
    MOST_CHANNELS,
    Number,
    Shapes,
    Text,
    add_ticker,
    add_trade,
    rows_of,
)

_EVENTS = frozenset("info subscribed unsubscribed conf auth".split())
# `tu` repeats what `te` said; `hb` and `cs` are heartbeats and checksums.
_IGNORED = frozenset((b'"hb"', b'"cs"', b'"tu"', b'"fte"', b'"ftu"'))


class Message(msgspec.Struct):
    """The fields that are read of a message."""

    event: str | None = None
    channel: str | None = None
    chanId: Number = None  # noqa: N815
    symbol: Text = None


class _Trade(msgspec.Struct, array_like=True):
    id: Number
    time: Number
    amount: Number
    price: Number


_NUMBER = msgspec.json.Decoder(int)
_TRADE = msgspec.json.Decoder(_Trade)
_TRADES = msgspec.json.Decoder(list[_Trade])
_TICKER = msgspec.json.Decoder(list[Number])


def _sort(found: Recognised, index: int, message: Message) -> bool:
    if message.event not in _EVENTS:
        return False
    found.ignore()
    return True


def _note_channel(message: Message, channels: Channels) -> None:
    number, symbol = message.chanId, message.symbol
    if message.event != "subscribed" or not isinstance(number, int):
        return
    if number in channels or len(channels) < MOST_CHANNELS:
        # Trades of funding (fUSD) have another form, and are no trades of a market.
        market = symbol is not None and symbol.startswith("t")
        kind = message.channel or "" if market else ""
        channels[number] = (kind, (symbol or "").removeprefix("t").replace(":", "-"))


def _sort_list(found: Recognised, index: int, parts: list[msgspec.Raw], channels: Channels) -> bool:
    """Sort `[channel, "te", trade]`, `[channel, snapshot]`, `[channel, "hb"]`."""
    if len(parts) < 2 or (len(parts) > 3 and bytes(parts[-1]).startswith(b'"')):
        return False
    if bytes(parts[1]) in _IGNORED:
        found.ignore()
        return True
    number = _NUMBER.decode(parts[0])
    kind, symbol = channels.get(number, (None, ""))
    if kind is None:
        found.reject(index, f"of channel {number}, whose subscription was not sent before it")
    elif kind == "trades" and bytes(parts[1]) == b'"te"':
        _add(found, index, symbol, _TRADE.decode(parts[2]))
    elif kind == "trades":
        for trade in rows_of(found, _TRADES.decode(parts[1])):
            _add(found, index, symbol, trade)
    elif kind == "ticker":
        told = _TICKER.decode(parts[1])
        if len(told) < 8:
            return False
        add_ticker(
            found, index, symbol, bid=told[0], ask=told[2], price=told[6], volume_24h=told[7]
        )
    else:
        found.ignore()
    return True


def _add(found: Recognised, index: int, symbol: str, trade: _Trade) -> None:
    amount = trade.amount
    buys: bool | None = None
    if isinstance(amount, int | float):
        amount, buys = abs(amount), amount > 0
    add_trade(found, index, symbol, trade.id, trade.time, trade.price, amount, buys)


SHAPES = Shapes(Message, _sort, _sort_list, _note_channel)
