"""Binance's spot REST bodies and stream messages, as it writes them.

Shapes follow developers.binance.com and recorded answers. Numbers are strings
of eight decimals. What candle files do not hold is filled in plainly: quote
volume as volume at the mean of open, high, low and close; trade counts 0.
"""

from typing import Any

from feeds.simulator.candle_tape import Candle
from feeds.simulator.catalog import Product
from feeds.simulator.day_stats import DayStats, price_decimals, size_decimals
from feeds.trade_files import Trade

INTERVALS = {
    "1s": 1, "1m": 60, "3m": 180, "5m": 300, "15m": 900, "30m": 1_800, "1h": 3_600,
    "2h": 7_200, "4h": 14_400, "6h": 21_600, "8h": 28_800, "12h": 43_200, "1d": 86_400,
    "3d": 259_200, "1w": 604_800, "1M": 2_592_000,
}  # fmt: skip
_QUOTES = ("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "BTC", "ETH", "BNB", "EUR", "TRY", "BRL", "USD")
Json = dict[str, Any]


def number(value: float | str) -> str:
    """Return a number as Binance writes it."""
    return f"{float(value):.8f}"


def symbol_row(product: Product) -> Json:
    """Return one entry of `exchangeInfo`."""
    base, quote = _parts(product.symbol)
    tick = number(10.0 ** -price_decimals(product))
    lot = number(10.0 ** -size_decimals(product))
    return {
        "symbol": product.symbol, "status": "TRADING", "baseAsset": base, "quoteAsset": quote,
        "baseAssetPrecision": 8, "quotePrecision": 8, "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8, "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"], "icebergAllowed": True,
        "ocoAllowed": True, "otoAllowed": True, "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True, "cancelReplaceAllowed": True, "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False, "permissions": [], "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": number(1_000_000),
             "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": number(9_000), "stepSize": lot},
            {"filterType": "NOTIONAL", "minNotional": number(5), "applyMinToMarket": True,
             "maxNotional": number(9_000_000), "applyMaxToMarket": False, "avgPriceMins": 5},
        ],
    }  # fmt: skip


def _parts(symbol: str) -> tuple[str, str]:
    quote = next((name for name in _QUOTES if symbol.endswith(name) and symbol != name), symbol[3:])
    return symbol.removesuffix(quote), quote


def kline_row(candle: Candle, resolution: int) -> list[Any]:
    """Return one row of `klines`."""
    quote = number(candle.volume * _mean_price(candle))
    return [
        candle.time * 1_000, number(candle.open), number(candle.high), number(candle.low),
        number(candle.close), number(candle.volume), (candle.time + resolution) * 1_000 - 1,
        quote, 0, number(0), number(0), "0",
    ]  # fmt: skip


def trade_row(trade: Trade) -> Json:
    """Return one entry of `trades` and `historicalTrades`."""
    return {
        "id": trade.trade_id, "price": number(trade.price), "qty": number(trade.size),
        "quoteQty": number(float(trade.price) * float(trade.size)), "time": trade.time,
        "isBuyerMaker": trade.side == "sell", "isBestMatch": True,
    }  # fmt: skip


def aggregate_row(aggregate_id: int, trades: list[Trade]) -> Json:
    """Return one entry of `aggTrades`."""
    first, last = trades[0], trades[-1]
    return {
        "a": aggregate_id, "p": number(first.price),
        "q": number(sum(float(trade.size) for trade in trades)),
        "f": first.trade_id, "l": last.trade_id, "T": last.time,
        "m": first.side == "sell", "M": True,
    }  # fmt: skip


def day_body(product: Product, stats: DayStats) -> Json:
    """Return the body of `ticker/24hr` for one symbol."""
    return {
        "symbol": product.symbol, "priceChange": number(stats.last - stats.open),
        "priceChangePercent": f"{(stats.last / stats.open - 1) * 100:.3f}",
        "weightedAvgPrice": number((stats.high + stats.low) / 2),
        "prevClosePrice": number(stats.open), "lastPrice": number(stats.last),
        "lastQty": number(stats.size), "bidPrice": number(stats.bid),
        "bidQty": number(stats.size), "askPrice": number(stats.ask),
        "askQty": number(stats.size), "openPrice": number(stats.open),
        "highPrice": number(stats.high), "lowPrice": number(stats.low),
        "volume": number(stats.volume),
        "quoteVolume": number(stats.volume * (stats.high + stats.low) / 2),
        "openTime": stats.time - 86_400_000, "closeTime": stats.time,
        "firstId": stats.first_id, "lastId": stats.last_id, "count": stats.trades,
    }  # fmt: skip


def book_body(product: Product, stats: DayStats) -> Json:
    """Return the body of `ticker/bookTicker` for one symbol."""
    size = number(stats.size)
    return {
        "symbol": product.symbol, "bidPrice": number(stats.bid), "bidQty": size,
        "askPrice": number(stats.ask), "askQty": size,
    }  # fmt: skip


def trade_message(product: Product, trade: Trade) -> Json:
    """Return an event of `@trade`."""
    return {
        "e": "trade", "E": trade.time + 1, "s": product.symbol, "t": trade.trade_id,
        "p": number(trade.price), "q": number(trade.size), "T": trade.time,
        "m": trade.side == "sell", "M": True,
    }  # fmt: skip


def aggregate_message(product: Product, aggregate_id: int, trades: list[Trade]) -> Json:
    """Return an event of `@aggTrade`."""
    event = {"e": "aggTrade", "E": trades[-1].time + 1, "s": product.symbol}
    return event | aggregate_row(aggregate_id, trades)


def kline_message(product: Product, candle: Candle, resolution: int, now_ms: int) -> Json:
    """Return an event of `@kline_{interval}`."""
    interval = next(name for name, length in INTERVALS.items() if length == resolution)
    return {
        "e": "kline", "E": now_ms, "s": product.symbol,
        "k": {
            "t": candle.time * 1_000, "T": (candle.time + resolution) * 1_000 - 1,
            "s": product.symbol, "i": interval, "f": -1, "L": -1, "o": number(candle.open),
            "c": number(candle.close), "h": number(candle.high), "l": number(candle.low),
            "v": number(candle.volume), "n": 0, "x": candle.finished,
            "q": number(candle.volume * _mean_price(candle)), "V": number(0), "Q": number(0),
            "B": "0",
        },
    }  # fmt: skip


def day_message(product: Product, stats: DayStats) -> Json:
    """Return an event of `@ticker`, whose name on the wire is 24hrTicker."""
    body = day_body(product, stats)
    return {
        "e": "24hrTicker", "E": stats.time, "s": product.symbol, "p": body["priceChange"],
        "P": body["priceChangePercent"], "w": body["weightedAvgPrice"],
        "x": body["prevClosePrice"], "c": body["lastPrice"], "Q": body["lastQty"],
        "b": body["bidPrice"], "B": body["bidQty"], "a": body["askPrice"], "A": body["askQty"],
        "o": body["openPrice"], "h": body["highPrice"], "l": body["lowPrice"],
        "v": body["volume"], "q": body["quoteVolume"], "O": body["openTime"],
        "C": body["closeTime"], "F": body["firstId"], "L": body["lastId"], "n": body["count"],
    }  # fmt: skip


def mini_day_message(product: Product, stats: DayStats) -> Json:
    """Return an event of `@miniTicker`, whose name on the wire is 24hrMiniTicker."""
    kept = {name: day_message(product, stats)[name] for name in "Escohlvq"}
    return {"e": "24hrMiniTicker"} | kept


def book_message(product: Product, stats: DayStats) -> Json:
    """Return an event of `@bookTicker`, which carries no event name."""
    body = book_body(product, stats)
    return {
        "u": 10 * stats.last_id, "s": product.symbol, "b": body["bidPrice"],
        "B": body["bidQty"], "a": body["askPrice"], "A": body["askQty"],
    }  # fmt: skip


def _mean_price(candle: Candle) -> float:
    return (candle.open + candle.high + candle.low + candle.close) / 4
