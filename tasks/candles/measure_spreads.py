"""What trading costs on markets that terminals feed: the spreads that they told."""

from core.series import Market
from storage.stores import Stores


def measure_spreads(stores: Stores) -> int:
    """Measure every fed market anew; returns of how many the spread is known."""
    markets = [
        Market(platform, symbol)
        for platform in stores.feeds.platforms()
        for symbol in stores.feeds.symbols(platform).values()
    ]
    return sum(stores.markets.measure(market) is not None for market in markets)
