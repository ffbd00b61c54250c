"""Binance's order books: changes over a stream, numbered, and whole books over REST.

Shapes follow developers.binance.com, "Diff. Depth Stream", "Partial Book Depth Streams" and
"Order Book"; those of futures (`pu`) are read as well.
"""

import re
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from core.books.changes import BookChange, BookSnapshot, BookUpdate
from core.books.levels import read_levels
from core.clock.times import epoch_ms
from feeds.connector import NOTHING, Heard, PageRequest

# Levels a side of a snapshot, all that there are to have.
ASKED_FOR = 5_000
_MOST_PARTIAL = 20
_PARTIAL = re.compile(r"@depth\d+")

_Levels: TypeAlias = list[list[str | float]]


class _Event(msgspec.Struct):
    """A change (`U`, `u`, `b`, `a`), or a book (`lastUpdateId`, `bids`, `asks`)."""

    e: str = ""
    s: str = ""
    E: int = 0
    U: int | None = None
    u: int | None = None
    pu: int | None = None
    # Events of other streams have prices and ids here.
    b: _Levels | str | float | None = None
    a: _Levels | str | float | None = None
    lastUpdateId: int | None = None  # noqa: N815
    bids: _Levels = []
    asks: _Levels = []


class _Refusal(msgspec.Struct):
    msg: str = ""


class _Frame(_Event):
    stream: str = ""
    data: _Event | None = None
    error: _Refusal | None = None


_FRAME = msgspec.json.Decoder(_Frame)
_BOOK = msgspec.json.Decoder(_Event)
_UNREADABLE = Heard(refusal="a message of a book cannot be read")


class BinanceBooks:
    """Books of Binance spot."""

    socket_url = "wss://stream.binance.com:9443"
    rest_url = "https://api.binance.com"
    silence_s = 90.0
    rate_limit_ms = 2_500.0  # 250 of 6,000 weights a minute

    def __init__(self, socket_url: str = socket_url, rest_url: str = rest_url) -> None:
        self.socket_url, self.rest_url = socket_url, rest_url

    def socket_path(self) -> str:
        """Return the path of combined streams, whose events name their stream."""
        return "/stream"

    def subscribe_messages(self, symbols: Sequence[str], *, tickers: bool) -> list[str]:
        """Return one subscription to the changes of all books, ten times a second."""
        streams = [f"{symbol.lower()}@depth@100ms" for symbol in symbols]
        wanted = {"method": "SUBSCRIBE", "params": streams, "id": 1}
        return [msgspec.json.encode(wanted).decode()]

    def parse(self, frame: str | bytes) -> Heard:
        """Return what a frame says."""
        try:
            told = _FRAME.decode(frame)
            if told.error is not None:
                return Heard(refusal=told.error.msg or "the subscription was refused")
            if told.e == "serverShutdown":
                return Heard(ending=True)
            change = _change(told if told.data is None else told.data, told.stream)
        except (msgspec.MsgspecError, ValueError, IndexError):
            return _UNREADABLE
        return NOTHING if change is None else Heard(changes=(change,))

    def snapshot_request(self, symbol: str) -> PageRequest | None:
        """Return the request for the best 5,000 levels."""
        return PageRequest("/api/v3/depth", {"symbol": symbol, "limit": ASKED_FOR})

    def read_snapshot(self, symbol: str, body: bytes) -> BookSnapshot:
        """Return the book of an answer; raises `ValueError` when it is none."""
        try:
            told = _BOOK.decode(body)
            if told.lastUpdateId is None:
                raise ValueError("no lastUpdateId")
            return BookSnapshot(
                symbol, read_levels(told.bids), read_levels(told.asks), _time(told),
                told.lastUpdateId, ASKED_FOR,
            )  # fmt: skip
        except (msgspec.MsgspecError, IndexError) as error:
            raise ValueError("no book") from error


def _change(told: _Event, stream: str) -> BookChange | None:
    if told.lastUpdateId is not None:
        # Streams of the best levels do not name the symbol, but for their own name.
        symbol = stream.partition("@")[0].upper()
        bids, asks = read_levels(told.bids), read_levels(told.asks)
        few = max(len(bids), len(asks)) <= _MOST_PARTIAL
        return BookSnapshot(symbol, bids, asks, _time(told), told.lastUpdateId, best_only=few)
    if told.e != "depthUpdate" or told.u is None:
        return None
    if not isinstance(told.b, list) or not isinstance(told.a, list):
        raise ValueError("levels that are none")
    bids, asks = read_levels(told.b), read_levels(told.a)
    if _PARTIAL.search(stream):
        return BookSnapshot(told.s, bids, asks, _time(told), told.u, best_only=True)
    return BookUpdate(told.s, bids, asks, _time(told), told.U, told.u, told.pu)


def _time(told: _Event) -> int:
    return epoch_ms(told.E) if told.E else 0
