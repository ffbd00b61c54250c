"""Every venue whose trades can be collected; a new one is its file and a line here."""

import difflib

from core.errors import NotFound
from feeds.binance.connector import BinanceConnector
from feeds.coinbase.connector import CoinbaseConnector
from feeds.connector import Connector

VENUES: dict[str, Connector] = {
    "binance": BinanceConnector(),
    "binanceus": BinanceConnector("wss://stream.binance.us:9443", "https://api.binance.us"),
    "coinbase": CoinbaseConnector(),
    "coinbaseexchange": CoinbaseConnector(),
}


def find_venue(platform: str) -> Connector:
    """Return the venue; raises `NotFound` with the nearest names."""
    if platform not in VENUES:
        near = difflib.get_close_matches(platform[:64].lower(), VENUES, n=3, cutoff=0.5)
        hint = f" Nearest: {', '.join(near)}." if near else f" Known: {', '.join(VENUES)}."
        raise NotFound(f"There is no connector for the trades of {platform[:64]}.{hint}")
    return VENUES[platform]


def contiguous_ids(platform: str) -> bool:
    """Say whether a platform numbers each symbol's trades without holes.

    Where it does, a hole between ids is a trade that was missed. Elsewhere (one counter for
    all symbols, ids of unknown making) ids serve to recognise repetitions only.
    """
    return platform in VENUES and VENUES[platform].contiguous_ids
