"""Every venue; a new one is its folder and a line here."""

import difflib

from core.errors import NotFound
from feeds import (
    binance,
    bitfinex,
    bitstamp,
    bybit,
    coinbase,
    deribit,
    gate,
    gemini,
    generic,
    kraken,
    okx,
    unified,
)
from feeds.connector import BookConnector, Connector
from feeds.venue import Venue

# No message belongs to two of them; the busiest are asked first.
VENUES: tuple[Venue, ...] = (
    coinbase.VENUE,
    binance.VENUE,
    generic.VENUE,
    kraken.VENUE,
    okx.VENUE,
    bybit.VENUE,
    bitstamp.VENUE,
    bitfinex.VENUE,
    gemini.VENUE,
    gate.VENUE,
    deribit.VENUE,
    unified.VENUE,
)

CONNECTORS: dict[str, Connector] = {
    platform: connector for venue in VENUES for platform, connector in venue.connectors.items()
}

BOOKS: dict[str, BookConnector] = {
    platform: connector for venue in VENUES for platform, connector in venue.books.items()
}


def find_connector(platform: str) -> Connector:
    """Return the connector of a platform; raises `NotFound` with the nearest names."""
    if platform not in CONNECTORS:
        near = difflib.get_close_matches(platform[:64].lower(), CONNECTORS, n=3, cutoff=0.5)
        hint = f" Nearest: {', '.join(near)}." if near else f" Known: {', '.join(CONNECTORS)}."
        raise NotFound(f"There is no connector for the trades of {platform[:64]}.{hint}")
    return CONNECTORS[platform]
