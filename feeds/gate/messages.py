"""What Gate pushes: spot and futures. Shapes follow www.gate.com/docs/developers/apiv4/ws.

Sides are the taker's; the sign of a futures trade's size is its side.
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
    rows_of,
    side,
)

_PREFIXES = ("spot.", "futures.")


class Message(msgspec.Struct):
    """The fields that are read of a message."""

    channel: str | None = None
    event: str | None = None
    time: Number = None
    time_ms: Number = None
    result: msgspec.Raw = NOTHING


class _Trade(msgspec.Struct):
    id: Number = None
    create_time: Number = None
    create_time_ms: Number = None
    side: Text = None
    currency_pair: Text = None
    contract: Text = None
    amount: Number = None
    size: Number = None
    price: Number = None
    is_internal: bool = False


class _Ticker(msgspec.Struct):
    currency_pair: Text = None
    contract: Text = None
    last: Number = None
    highest_bid: Number = None
    lowest_ask: Number = None
    base_volume: Number = None
    volume_24h_base: Number = None


_TRADES = msgspec.json.Decoder(_Trade | list[_Trade])
_TICKERS = msgspec.json.Decoder(_Ticker | list[_Ticker])


def _sort(found: Recognised, index: int, message: Message) -> bool:
    channel = message.channel
    if channel is None or not channel.startswith(_PREFIXES):
        return False
    kind = channel.partition(".")[2]
    if message.event != "update" or kind not in ("trades", "trades_v2", "tickers"):
        found.ignore()
        return True
    if kind == "tickers":
        told = _TICKERS.decode(message.result)
        for row in rows_of(found, told if isinstance(told, list) else [told]):
            add_ticker(
                found, index, row.currency_pair or row.contract, message.time_ms or message.time,
                price=row.last, bid=row.highest_bid, ask=row.lowest_ask,
                volume_24h=row.base_volume or row.volume_24h_base,
            )  # fmt: skip
        return True
    rows = _TRADES.decode(message.result)
    for trade in rows_of(found, rows if isinstance(rows, list) else [rows]):
        _add(found, index, trade)
    return True


def _add(found: Recognised, index: int, trade: _Trade) -> None:
    if trade.is_internal:
        # Liquidations taken over by the insurance fund: Gate keeps them out of its candles too.
        found.ignore("no trade of the market: is_internal")
        return
    symbol = trade.currency_pair or trade.contract
    time = trade.create_time if trade.create_time_ms is None else trade.create_time_ms
    size, buys = trade.amount, side(trade.side, TAKER_SIDE)
    if size is None and trade.size is not None:
        text = str(trade.size)
        size, buys = text.removeprefix("-"), not text.startswith("-")
    add_trade(found, index, symbol, trade.id, time, trade.price, size, buys)


SHAPES = Shapes(Message, _sort)
