"""What Binance pushes: spot and futures, raw or in the envelope of combined streams.

Shapes follow developers.binance.com.
"""

from typing import Any

import msgspec

from core.messages import IdKind, Recognised
from feeds.wire import (
    NOTHING,
    Number,
    Shapes,
    Text,
    add_ticker,
    rows_of,
)

_IGNORED_EVENTS = frozenset(
    "depthUpdate kline continuous_kline 24hrMiniTicker avgPrice 1hTicker 4hTicker markPriceUpdate "
    "forceOrder serverShutdown".split()
)
# Futures report what the exchange itself settled in the same words as trades of the market.
_NO_MARKET_TRADES = frozenset(("INSURANCE_FUND", "ADL", "NA"))


class Event(msgspec.Struct):
    """One event; a letter may be a number in one event and a list of levels in another."""

    e: str | None = None
    E: Number = None
    s: Text = None
    t: Number = None
    a: Number | list[Any] = None
    p: Number = None
    q: Number = None
    f: Number = None
    l: Number = None  # noqa: E741
    T: Number = None
    m: bool | None = None
    X: Text = None
    b: Number | list[Any] = None
    c: Number = None
    v: Number = None
    u: Number = None


class Message(Event):
    """The fields that are read of a message: an event's, an envelope's or an answer's."""

    stream: str | None = None
    data: msgspec.Raw = NOTHING
    lastUpdateId: Number = None  # noqa: N815
    result: msgspec.Raw = NOTHING
    error: msgspec.Raw = NOTHING
    id: Number = None
    method: str | None = None


_EVENTS = msgspec.json.Decoder(Event | list[Event])


def _sort(found: Recognised, index: int, message: Message) -> bool:
    if message.e is not None:
        return _sort_event(found, index, message, message.e)
    if message.stream is not None and message.data:
        # What was seen often is decoded with its envelope.
        known = isinstance(message.data, msgspec.Struct)
        told: Any = message.data if known else _EVENTS.decode(message.data)
        if isinstance(told, list):
            return all(_sort_event(found, index, one, one.e) for one in rows_of(found, told))
        return _sort_event(found, index, told, told.e)
    # Others repeat the `method` in their answers, and push trades as results of it.
    answered = message.id is not None and message.method is None
    if message.lastUpdateId is not None or (answered and (message.result or message.error)):
        found.ignore()
        return True
    return message.u is not None and _sort_event(found, index, message, None)


def _sort_event(found: Recognised, index: int, event: Event, name: str | None) -> bool:
    symbol = event.s
    if name in ("trade", "aggTrade"):
        _add_trade(found, index, event, symbol, name)
    elif name == "24hrTicker":
        add_ticker(
            found, index, symbol, event.E, price=event.c, bid=event.b, ask=event.a,
            volume_24h=event.v,
        )  # fmt: skip
    elif name == "bookTicker" or (
        name is None and event.u is not None and symbol is not None and event.b is not None
    ):
        add_ticker(found, index, symbol, event.E, bid=event.b, ask=event.a)
    elif name in _IGNORED_EVENTS or event.u is not None:
        found.ignore()
    else:
        return False
    return True


def _add_trade(found: Recognised, index: int, event: Event, symbol: str | None, name: str) -> None:
    kind, first, last = IdKind.TRADE, event.t, event.t
    if name == "aggTrade":
        kind, first, last = IdKind.AGGREGATE, event.f, event.l
    if symbol is None or event.p is None or event.q is None or event.T is None or first is None:
        values = {"s": symbol, "p": event.p, "q": event.q, "T": event.T, "id": first}
        missing = next(field for field, value in values.items() if value is None)
        found.reject(index, f"{name} without {missing}")
    elif event.X in _NO_MARKET_TRADES:
        found.ignore(f"no trade of the market: {event.X}")
    else:
        buys = None if event.m is None else not event.m  # m: the buyer is the maker
        found.add_trade(index, symbol, kind, first, last, event.T, event.p, event.q, buys)


SHAPES = Shapes(Message, _sort)
