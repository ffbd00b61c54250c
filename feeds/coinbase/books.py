"""Coinbase's order books: Advanced Trade's feed, whose messages are numbered; Exchange's, too.

Shapes follow docs.cdp.coinbase.com. Both feeds tell the same books; Advanced Trade's
`level2` needs no key, and its numbers show what was missed.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from core.books.changes import BookChange, BookSnapshot, BookUpdate
from core.books.levels import Level, read_levels
from feeds.coinbase.connector import milliseconds
from feeds.connector import NOTHING, Heard, PageRequest

_BOOK_CHANNELS = ("l2_data", "level2")
_BIDS, _ASKS = ("bid", "buy"), ("offer", "ask", "sell")

_Levels: TypeAlias = list[list[str | float]]


class _Update(msgspec.Struct):
    side: str
    price_level: str
    new_quantity: str


class _Event(msgspec.Struct):
    type: str = ""
    product_id: str = ""
    updates: list[_Update] = []


class _Frame(msgspec.Struct):
    """A message of Advanced Trade (`channel`), or of Exchange (`type`, `product_id`)."""

    channel: str = ""
    sequence_num: int | None = None
    timestamp: str = ""
    events: msgspec.Raw = msgspec.Raw()
    type: str = ""
    product_id: str = ""
    time: str = ""
    bids: _Levels = []
    asks: _Levels = []
    changes: list[tuple[str, str, str]] = []
    message: str = ""
    reason: str = ""


_FRAME = msgspec.json.Decoder(_Frame)
_EVENTS = msgspec.json.Decoder(list[_Event])
_UNREADABLE = Heard(refusal="a message of a book cannot be read")


class CoinbaseBooks:
    """Books of Coinbase's products."""

    socket_url = "wss://advanced-trade-ws.coinbase.com"
    rest_url = "https://api.exchange.coinbase.com"
    silence_s = 10.0  # heartbeats come every second
    rate_limit_ms = 120.0

    def socket_path(self) -> str:
        """Return the path of the feed."""
        return "/"

    def subscribe_messages(self, symbols: Sequence[str], *, tickers: bool) -> list[str]:
        """Return the subscriptions to heartbeats and books, one a channel as it must be."""
        wanted = [
            {"type": "subscribe", "product_ids": list(symbols), "channel": channel}
            for channel in ("heartbeats", "level2")
        ]
        return [msgspec.json.encode(one).decode() for one in wanted]

    def parse(self, frame: str | bytes) -> Heard:
        """Return what a frame says."""
        try:
            told = _FRAME.decode(frame)
            if told.type == "error":
                return Heard(refusal=" ".join(filter(None, (told.message, told.reason))))
            if told.channel in _BOOK_CHANNELS:
                events = _EVENTS.decode(told.events)
                changes = tuple(_of_event(event, told) for event in events if event.product_id)
                return Heard(changes=changes, number=told.sequence_num)
            if told.sequence_num is not None and told.channel:
                return Heard(number=told.sequence_num)
            change = _of_exchange(told)
        except (msgspec.MsgspecError, ValueError, IndexError):
            return _UNREADABLE
        return NOTHING if change is None else Heard(changes=(change,))

    def snapshot_request(self, symbol: str) -> PageRequest | None:
        """Return nothing: the feed begins with the whole book."""
        return None

    def read_snapshot(self, symbol: str, body: bytes) -> BookSnapshot:
        """Raise `ValueError`: there is nothing to read."""
        raise ValueError("Coinbase's books come over its feed")


def _of_event(event: _Event, frame: _Frame) -> BookChange:
    """Return an event of Advanced Trade; its changes are in order by the number of the message."""
    rows = ((one.side, one.price_level, one.new_quantity) for one in event.updates)
    bids, asks = _sides(rows)
    time, number = milliseconds(frame.timestamp), frame.sequence_num
    if event.type == "snapshot":
        return BookSnapshot(event.product_id, bids, asks, time, number)
    return BookUpdate(event.product_id, bids, asks, time, last=number)


def _of_exchange(told: _Frame) -> BookChange | None:
    time = milliseconds(told.time)
    if told.type == "snapshot":
        return BookSnapshot(told.product_id, read_levels(told.bids), read_levels(told.asks), time)
    if told.type != "l2update":
        return None
    return BookUpdate(told.product_id, *_sides(told.changes), time)


def _sides(rows: Iterable[tuple[str, str, str]]) -> tuple[list[Level], list[Level]]:
    """Return bids and asks of rows of side, price and size."""
    bids: list[tuple[str, str]] = []
    asks: list[tuple[str, str]] = []
    for side, price, size in rows:
        if side not in _BIDS and side not in _ASKS:
            raise ValueError(f"side {side[:16]!r} is none")
        (bids if side in _BIDS else asks).append((price, size))
    return read_levels(bids), read_levels(asks)
