"""Candles from trades by Decimal and plain loops: what the fast code must equal."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple


class RawTrade(NamedTuple):
    """One trade with its decimals as text; time in microseconds."""

    trade_id: int
    time: int
    price: str
    size: str


def oracle_candles(trades: Iterable[RawTrade], resolution: int) -> dict[int, tuple[float, ...]]:
    """Return opening (s) -> open, high, low, close, volume, trades; each id counts once."""
    unique = {trade.trade_id: trade for trade in trades}
    by_opening: dict[int, list[RawTrade]] = {}
    for trade in sorted(unique.values(), key=lambda t: (t.time, t.trade_id)):
        opening = trade.time // (resolution * 1_000_000) * resolution
        by_opening.setdefault(opening, []).append(trade)
    return {opening: _candle(group) for opening, group in by_opening.items()}


def _candle(group: list[RawTrade]) -> tuple[float, ...]:
    prices = [Decimal(trade.price) for trade in group]
    volume = sum((Decimal(trade.size) for trade in group), Decimal(0))
    extremes = (float(max(prices)), float(min(prices)))
    return (float(prices[0]), *extremes, float(prices[-1]), float(volume), float(len(group)))
