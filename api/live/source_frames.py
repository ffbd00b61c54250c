"""What happens on a market in the words of source 004, which frames have beside our own."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.books.levels import BookState, TopOfBook
from core.clock.resolutions import resolution_name
from core.clock.times import format_time
from core.series import Market
from storage.markets.snapshots import Snapshot
from storage.trades.live import LiveKind
from storage.trades.tickers import Ticker

TYPES = MappingProxyType(
    {
        LiveKind.TRADES: "trade",
        LiveKind.CANDLES: "candle",
        LiveKind.TICKER: "ticker",
        LiveKind.ANOMALY: "anomaly",
        LiveKind.SIGNAL: "signal",
        LiveKind.BOOK: "orderbook",
    }
)
_OHLCV = ("open", "high", "low", "close", "volume")


def ticker_data(name: str, quote: Ticker) -> dict[str, Any]:
    """Return a quote; one without a price has the middle of bid and ask."""
    price = quote.price
    if price is None and quote.bid is not None and quote.ask is not None:
        price = (quote.bid + quote.ask) / 2
    told = {"symbol": name, "price": price, "timestamp": format_time(quote.time)}
    sides = {"bid": quote.bid, "ask": quote.ask}
    return told | {side: value for side, value in sides.items() if value is not None}


def candle_data(name: str, resolution: int, candle: Mapping[str, Any]) -> dict[str, Any]:
    """Return a candle, and whether it has ended."""
    return {
        "symbol": name,
        "timeframe": resolution_name(resolution),
        "ohlcv": {"timestamp": candle["time"], **{part: candle[part] for part in _OHLCV}},
        "closed": "partial" not in candle["flags"],
    }


def book_data(name: str, book: TopOfBook, state: BookState) -> dict[str, Any]:
    """Return the best levels of a book; numbers stay exact."""
    return {
        "symbol": name,
        "bids": book.bids,
        "asks": book.asks,
        "timestamp": format_time(book.time),
        "sequence": book.sequence,
        "state": state,
        "stale": state is not BookState.LIVE,
    }


def snapshot_frame(name: str, market: Market, found: Snapshot) -> dict[str, Any]:
    """Return what a reader is told first of a market, which may be quiet for long."""
    quote = Ticker(market.symbol, found.at, found.price, found.bid, found.ask)
    return {
        "type": TYPES[LiveKind.TICKER],
        "snapshot": True,
        "platform": market.platform,
        "symbol": market.symbol,
        "data": ticker_data(name, quote),
    }
