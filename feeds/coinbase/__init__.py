"""Coinbase Exchange: what it says, what it is asked, and how it is simulated."""

from feeds.coinbase.books import CoinbaseBooks
from feeds.coinbase.connector import CoinbaseConnector
from feeds.coinbase.messages import SHAPES
from feeds.venue import Venue

VENUE = Venue(
    SHAPES,
    connectors={"coinbase": CoinbaseConnector(), "coinbaseexchange": CoinbaseConnector()},
    books={"coinbase": CoinbaseBooks(), "coinbaseexchange": CoinbaseBooks()},
)
