"""What a ticker says of a product's last 24 hours."""

from typing import NamedTuple

from core.clock.resolutions import DAY
from feeds.simulator.catalog import Product
from feeds.trade_files import Trade


class DayStats(NamedTuple):
    """Prices and volume of 24 hours, or of as much as the files hold; `time` in epoch ms."""

    time: int
    open: float
    high: float
    low: float
    last: float
    volume: float
    size: float
    bid: float
    ask: float
    first_id: int
    last_id: int
    trades: int
    side: str


def day_stats(product: Product) -> DayStats | None:
    """Return them from the trades, or from the finest candles where there are no trades.

    The files hold no order book: the last trade took the better side of a
    spread of one tick. None before anything has happened.
    """
    count = product.trade_count()
    if product.trades is not None:
        return trade_stats(product, count) if count else None
    return _from_candles(product)


def trade_stats(product: Product, count: int) -> DayStats:
    """Return the statistics as they stood after the first `count` trades."""
    tape = product.trades
    assert tape is not None
    last, first = tape.trade(count - 1), tape.trade(max(0, count - len(tape)))
    high, low, volume = tape.extremes(count)
    bid, ask = quote(last, 10.0**-tape.decimals)
    return DayStats(
        last.time, float(first.price), high, low, float(last.price), volume, float(last.size),
        bid, ask, first.trade_id, last.trade_id, min(count, len(tape)), last.side,
    )  # fmt: skip


def quote(trade: Trade, tick: float) -> tuple[float, float]:
    """Return bid and ask, one tick apart, such that the trade took one of them."""
    price = float(trade.price)
    return (price - tick, price) if trade.side == "buy" else (price, price + tick)


def _from_candles(product: Product) -> DayStats | None:
    tape = product.candles[min(product.candles)]
    newest = product.newest_candles(tape.resolution, 2**40, 1)
    if not newest:
        return None
    last = newest[0]
    since = last.time + tape.resolution - DAY
    day = product.candles_between(tape.resolution, since, last.time)
    closing = min(product.clock.now_ms(), (last.time + tape.resolution) * 1_000)
    return DayStats(
        closing, day[0].open, max(c.high for c in day), min(c.low for c in day), last.close,
        sum(c.volume for c in day), 0.0, last.close, last.close + 10.0**-tape.decimals,
        0, 0, 0, "sell",
    )  # fmt: skip


def price_decimals(product: Product) -> int:
    """Return how many decimals the product's prices have."""
    decimals = [tape.decimals for tape in product.candles.values()]
    return max([*decimals, product.trades.decimals if product.trades else 0])


def size_decimals(product: Product) -> int:
    """Return how many decimals the product's sizes have, 8 where only candles are known."""
    return max(product.trades.size_decimals, 1) if product.trades else 8
