"""Binance spot: what it says, what it is asked, and how it is simulated."""

from feeds.binance.books import BinanceBooks
from feeds.binance.connector import BinanceConnector
from feeds.binance.messages import SHAPES
from feeds.venue import Venue

_US = ("wss://stream.binance.us:9443", "https://api.binance.us")

VENUE = Venue(
    SHAPES,
    connectors={
        "binance": BinanceConnector(),
        "binanceus": BinanceConnector(*_US),
    },
    books={"binance": BinanceBooks(), "binanceus": BinanceBooks(*_US)},
)
