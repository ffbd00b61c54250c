"""Tell messages apart by their shape, whatever platform they are posted under."""

from typing import Any

import msgspec

from core.messages import (
    IdKind,
    Recognised,
    Rejection,
    TickerMessage,
    TradeMessages,
)
from feeds.wire import WireMessage, decode

# Known and of no use to us: answers, books, candles, beats.
IGNORED_TYPES = frozenset(
    "subscriptions subscribe unsubscribe heartbeat status snapshot l2update level2 open received "
    "done change activate full auction ping pong".split()
)
IGNORED_CHANNELS = frozenset(
    "subscriptions heartbeats l2_data level2 candles status ticker_batch user".split()
)
IGNORED_EVENTS = frozenset("depthUpdate kline 24hrMiniTicker avgPrice 1hTicker 4hTicker".split())
TRADE_TYPES = frozenset(("trade", "match", "last_match"))
_ANOTHER_SIDE = {"buy": False, "sell": True}  # Coinbase names the maker's side
_TAKER_SIDE = {"buy": True, "sell": False}


def recognise(body: bytes) -> Recognised:
    """Sort the messages of a JSON object or list into trades, tickers and the rest.

    Raises `msgspec.DecodeError` when the body is no JSON object or list.
    Nothing numeric is checked here; see `storage.trade_columns`.
    """
    found = Recognised()
    for index, message in enumerate(decode(body)):
        found.total += 1
        if isinstance(message, WireMessage):
            _sort(found, index, message)
        else:
            found.rejected.append(Rejection(index, _reason(message)))
    return found


def _sort(found: Recognised, index: int, message: WireMessage) -> None:
    """Put one message where it belongs; envelopes are opened."""
    kind = message.type
    if kind in TRADE_TYPES:
        _coinbase_or_generic_trade(found, index, message)
    elif message.e is not None:
        _binance(found, index, message, message.e)
    elif message.data is not None:
        _sort(found, index, message.data)
    elif message.channel is not None:
        _advanced_trade(found, index, message)
    elif kind == "ticker":
        _add_ticker(found, index, message, message.time)
    elif message.trades is not None:
        for trade in message.trades:
            trade.product_id = trade.product_id or message.product_id or message.symbol
            _trade_of_list(found, index, trade)
    elif kind in IGNORED_TYPES or message.lastUpdateId is not None or message.id is not None:
        found.ignored += 1
    elif message.u is not None and message.s is not None and message.b is not None:
        found.tickers.append(
            TickerMessage(index, message.s, None, None, message.b, message.a, None)
        )
    else:
        _unknown(found, index, message)


def _coinbase_or_generic_trade(found: Recognised, index: int, message: WireMessage) -> None:
    # Coinbase names the product `product_id` and tells the maker's side; the generic form
    # says `symbol` and the taker's.
    generic = message.product_id is None
    symbol = message.symbol if generic else message.product_id
    identity = message.trade_id if message.trade_id is not None else message.sequence
    sides = _TAKER_SIDE if generic else _ANOTHER_SIDE
    _add_trade(found, index, symbol, identity, message, sides)


def _trade_of_list(found: Recognised, index: int, message: WireMessage) -> None:
    if message.e is not None:
        _binance(found, index, message, message.e)
    elif message.type in TRADE_TYPES and message.symbol is None:
        _coinbase_or_generic_trade(found, index, message)
    else:
        symbol = message.symbol or message.product_id
        identity = message.trade_id if message.trade_id is not None else message.sequence
        _add_trade(found, index, symbol, identity, message, _TAKER_SIDE)


def _add_trade(
    found: Recognised,
    index: int,
    symbol: str | None,
    identity: Any,
    message: WireMessage,
    sides: dict[str, bool],
) -> None:
    missing = _first_missing(symbol=symbol, price=message.price, size=message.size)
    if missing or symbol is None:
        found.rejected.append(Rejection(index, f"a trade without {missing}"))
        return
    kind = IdKind.NONE if identity is None else IdKind.TRADE
    buys = sides.get(message.side.lower()) if message.side else None
    ids = (identity or 0, identity or 0)
    _group(found, symbol, kind).add(index, ids, message.time, message.price, message.size, buys)


def _binance(found: Recognised, index: int, message: WireMessage, event: str) -> None:
    symbol = message.s
    if event in IGNORED_EVENTS:
        found.ignored += 1
    elif symbol is None:
        found.rejected.append(Rejection(index, f"{event} without s, the symbol"))
    elif event == "24hrTicker":
        ticker = TickerMessage(index, symbol, message.E, message.c, message.b, message.a, message.v)
        found.tickers.append(ticker)
    elif event == "bookTicker":
        ticker = TickerMessage(index, symbol, message.E, None, message.b, message.a, None)
        found.tickers.append(ticker)
    elif event in ("trade", "aggTrade"):
        _binance_trade(found, index, message, symbol, event)
    else:
        _unknown(found, index, message)


def _binance_trade(
    found: Recognised, index: int, message: WireMessage, symbol: str, event: str
) -> None:
    aggregate = event == "aggTrade"
    ids = (message.f, message.l) if aggregate else (message.t, message.t)
    missing = _first_missing(p=message.p, q=message.q, T=message.T, id=ids[0])
    if missing:
        found.rejected.append(Rejection(index, f"{event} without {missing}"))
        return
    kind = IdKind.AGGREGATE if aggregate else IdKind.TRADE
    buys = None if message.m is None else not message.m  # m: the buyer is the maker
    _group(found, symbol, kind).add(index, ids, message.T, message.p, message.q, buys)


def _advanced_trade(found: Recognised, index: int, message: WireMessage) -> None:
    if message.channel in IGNORED_CHANNELS:
        found.ignored += 1
        return
    known = False
    for event in message.events or ():
        for trade in event.trades or ():
            known = True
            _add_trade(found, index, trade.product_id, trade.trade_id, trade, _ANOTHER_SIDE)
        for ticker in event.tickers or ():
            known = True
            _add_ticker(found, index, ticker, message.timestamp)
    if not known:
        _unknown(found, index, message)


def _add_ticker(found: Recognised, index: int, message: WireMessage, time: Any) -> None:
    symbol = message.product_id or message.symbol
    if symbol is None:
        found.rejected.append(Rejection(index, "a ticker without product_id or symbol"))
        return
    bid = message.best_bid if message.best_bid is not None else message.bid
    ask = message.best_ask if message.best_ask is not None else message.ask
    volume = message.volume_24h if message.volume_24h is not None else message.volume_24_h
    found.tickers.append(TickerMessage(index, symbol, time, message.price, bid, ask, volume))


def _group(found: Recognised, symbol: str, kind: IdKind) -> TradeMessages:
    key = (symbol, kind)
    group = found.trades.get(key)
    if group is None:
        group = found.trades[key] = TradeMessages()
    return group


def _unknown(found: Recognised, index: int, message: WireMessage) -> None:
    named = message.type or message.e or message.channel
    what = f"type {named[:32]!r} is not known" if named else "no known shape"
    found.rejected.append(Rejection(index, what))


def _first_missing(**values: Any) -> str | None:
    return next((name for name, value in values.items() if value is None), None)


def _reason(error: msgspec.ValidationError) -> str:
    return f"a field has an impossible type: {error}"
