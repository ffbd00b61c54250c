"""The best levels of books as they were told last: for who asks now, and for who listens."""

from collections.abc import Sequence
from typing import Any

import msgspec
import redis

from core.books.levels import TopOfBook
from core.clock.times import now_ms
from core.series import Market
from storage import keys
from storage.redis_connection import redis_errors
from storage.trades.live import LiveKind, message

KEPT_S = 86_400


class HeldBook(msgspec.Struct, frozen=True):
    """A book, and when (epoch ms, our clock) it was told."""

    book: TopOfBook
    told_at: int


_HELD = msgspec.json.Decoder(HeldBook)


class OrderBookStore:
    """One book a market, the newest, for a day; changes of it are not kept."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client: Any = client

    def put(self, platform: str, books: Sequence[TopOfBook]) -> None:
        """Keep books in place of those before, and tell of each."""
        with redis_errors():
            pipe = self._client.pipeline(transaction=False)
            for book in books:
                told = message(LiveKind.BOOK, HeldBook(book, now_ms()))
                pipe.set(keys.order_book(platform, book.symbol), told[1:], ex=KEPT_S)
                pipe.publish(keys.live(platform, book.symbol), told)
            pipe.execute()

    def newest(self, market: Market) -> HeldBook | None:
        """Return the book that was told last, None if there is none of the last day."""
        with redis_errors():
            found = self._client.get(keys.order_book(*market))
        return None if found is None else read_held(found)


def read_held(data: bytes) -> HeldBook:
    """Return a book from how it is kept and told."""
    return _HELD.decode(data)
