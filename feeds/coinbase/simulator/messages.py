"""Coinbase Exchange's REST bodies and feed messages, as it writes them.

Shapes follow docs.cdp.coinbase.com/exchange and recorded answers. Coinbase's
`side` of a trade is the maker's, of a ticker the taker's.
"""

from datetime import UTC, datetime
from typing import Any

from feeds.simulator.candle_tape import Candle
from feeds.simulator.catalog import Product
from feeds.simulator.day_stats import DayStats, price_decimals, size_decimals
from feeds.trade_files import Trade

GRANULARITIES = (60, 300, 900, 3_600, 21_600, 86_400)
PAGE_LIMIT = 300
_MAKER = {"buy": "sell", "sell": "buy"}
Json = dict[str, Any]


def written_time(milliseconds: int) -> str:
    """Return `2024-03-13T11:00:17.710000Z`: microseconds, always six digits."""
    moment = datetime.fromtimestamp(milliseconds / 1_000, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def product_row(product: Product) -> Json:
    """Return one entry of `/products`."""
    base, _, quote = product.symbol.partition("-")
    return {
        "id": product.symbol, "base_currency": base, "quote_currency": quote,
        "quote_increment": f"{10.0 ** -price_decimals(product):.{price_decimals(product)}f}",
        "base_increment": f"{10.0 ** -size_decimals(product):.{size_decimals(product)}f}",
        "display_name": f"{base}/{quote}", "min_market_funds": "1", "margin_enabled": False,
        "post_only": False, "limit_only": False, "cancel_only": False, "status": "online",
        "status_message": "", "trading_disabled": False, "fx_stablecoin": False,
        "max_slippage_percentage": "0.02000000", "auction_mode": False,
        "high_bid_limit_percentage": "",
    }  # fmt: skip


def currency_row(name: str) -> Json:
    """Return one entry of `/currencies`."""
    fiat = name in ("USD", "EUR", "GBP")
    return {
        "id": name, "name": name, "min_size": "0.01" if fiat else "0.00000001",
        "status": "online", "message": "", "max_precision": "0.01" if fiat else "0.00000001",
        "convertible_to": [], "default_network": "", "supported_networks": [],
        "display_name": name,
        "details": {"type": "fiat" if fiat else "crypto", "symbol": None, "sort_order": 0,
                    "push_payment_methods": [], "group_types": []},
    }  # fmt: skip


def candle_row(candle: Candle) -> list[float]:
    """Return `[time, low, high, open, close, volume]`."""
    return [candle.time, candle.low, candle.high, candle.open, candle.close, candle.volume]


def trade_row(trade: Trade) -> Json:
    """Return one entry of `/products/{id}/trades`."""
    return {
        "trade_id": trade.trade_id, "side": _MAKER[trade.side], "size": trade.size,
        "price": trade.price, "time": written_time(trade.time),
    }  # fmt: skip


def ticker_body(product: Product, stats: DayStats) -> Json:
    """Return the body of `/products/{id}/ticker`."""
    digits = price_decimals(product)
    return {
        "ask": f"{stats.ask:.{digits}f}", "bid": f"{stats.bid:.{digits}f}",
        "volume": f"{stats.volume:.8f}", "trade_id": stats.last_id,
        "price": f"{stats.last:.{digits}f}", "size": f"{stats.size:.8f}",
        "time": written_time(stats.time), "rfq_volume": "0.000000",
    }  # fmt: skip


def stats_body(product: Product, stats: DayStats) -> Json:
    """Return the body of `/products/{id}/stats`."""
    digits = price_decimals(product)
    prices = {"open": stats.open, "high": stats.high, "low": stats.low, "last": stats.last}
    volume = f"{stats.volume:.8f}"
    return {
        **{name: f"{price:.{digits}f}" for name, price in prices.items()},
        "volume": volume, "volume_30day": volume,
        "rfq_volume_24hour": "0.000000", "rfq_volume_30day": "0.000000",
    }  # fmt: skip


def match_message(product: Product, trade: Trade, kind: str = "match") -> Json:
    """Return a `match` or `last_match`; the order ids stand for orders that nobody saw."""
    return {
        "type": kind, "trade_id": trade.trade_id,
        "maker_order_id": f"00000000-0000-0000-0001-{trade.trade_id:012x}",
        "taker_order_id": f"00000000-0000-0000-0002-{trade.trade_id:012x}",
        "side": _MAKER[trade.side], "size": trade.size, "price": trade.price,
        "product_id": product.symbol, "sequence": sequence(trade.trade_id),
        "time": written_time(trade.time),
    }  # fmt: skip


def ticker_message(product: Product, stats: DayStats, kind: str = "ticker") -> Json:
    """Return a `ticker`, sent after each trade."""
    digits = price_decimals(product)
    size = f"{stats.size:.8f}"
    volume = f"{stats.volume:.8f}"
    return {
        "type": kind, "sequence": sequence(stats.last_id), "product_id": product.symbol,
        "price": f"{stats.last:.{digits}f}", "open_24h": f"{stats.open:.{digits}f}",
        "volume_24h": volume, "low_24h": f"{stats.low:.{digits}f}",
        "high_24h": f"{stats.high:.{digits}f}", "volume_30d": volume,
        "best_bid": f"{stats.bid:.{digits}f}", "best_bid_size": size,
        "best_ask": f"{stats.ask:.{digits}f}", "best_ask_size": size,
        "side": stats.side, "time": written_time(stats.time), "trade_id": stats.last_id,
        "last_size": size,
    }  # fmt: skip


def heartbeat_message(product: Product, trade: Trade | None, now_ms: int) -> Json:
    """Return a `heartbeat`, sent every second."""
    last = trade.trade_id if trade else 0
    return {
        "type": "heartbeat", "last_trade_id": last, "product_id": product.symbol,
        "sequence": sequence(last), "time": written_time(now_ms),
    }  # fmt: skip


def sequence(trade_id: int) -> int:
    """Return a feed sequence: it grows faster than trade ids, as orders count in it too."""
    return 10 * trade_id
