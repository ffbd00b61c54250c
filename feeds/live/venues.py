"""Every venue whose trades can be collected; a new one is its file and a line here."""

import difflib

from core.errors import NotFound
from feeds.live.binance_feed import BinanceVenue
from feeds.live.coinbase_feed import CoinbaseVenue
from feeds.live.venue import Venue

VENUES: dict[str, Venue] = {
    "binance": BinanceVenue(),
    "binanceus": BinanceVenue("wss://stream.binance.us:9443", "https://api.binance.us"),
    "coinbase": CoinbaseVenue(),
    "coinbaseexchange": CoinbaseVenue(),
}


def find_venue(platform: str) -> Venue:
    """Return the venue; raises `NotFound` with the nearest names."""
    if platform not in VENUES:
        near = difflib.get_close_matches(platform[:64].lower(), VENUES, n=3, cutoff=0.5)
        hint = f" Nearest: {', '.join(near)}." if near else f" Known: {', '.join(VENUES)}."
        raise NotFound(f"There is no connector for the trades of {platform[:64]}.{hint}")
    return VENUES[platform]
