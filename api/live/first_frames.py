"""What a reader is told first of a market, which may be quiet for long."""

from typing import Any

from api.live.book_watch import BookWatch, state_of
from api.live.source_frames import TYPES, book_data, snapshot_frame
from api.markets.symbol_resolver import SymbolResolver
from core.books.levels import BookState, TopOfBook
from core.clock.times import now_ms
from core.errors import NotFound
from core.platforms import WITH_BOOKS
from core.series import Market
from storage.markets.order_books import HeldBook, OrderBookStore
from storage.markets.snapshots import SnapshotReader
from storage.trades.live import LiveKind


class FirstFrames:
    """Newest prices and books of markets. What reads may wait for Redis and SQL."""

    def __init__(
        self, snapshots: SnapshotReader, books: OrderBookStore, symbols: SymbolResolver
    ) -> None:
        self._snapshots, self._books, self._symbols = snapshots, books, symbols

    def price(self, market: Market, name: str) -> dict[str, Any] | None:
        """Return the newest price, None where there is none."""
        found = self._snapshots.read(market, self._symbols.resolutions(market))
        return None if found is None else snapshot_frame(name, market, found)

    def kept_book(self, market: Market) -> HeldBook | None:
        """Return the newest book that is kept.

        Raises `NotFound` where there is none and no collector could bring one.
        """
        found = self._books.newest(market)
        if found is None and market.platform not in WITH_BOOKS:
            raise NotFound(
                f"No order book of {market.symbol} is known: collectors keep those of "
                f"{', '.join(WITH_BOOKS)}. One that is pushed as `orderbook` is told."
            )
        return found


def book_frame(
    name: str, market: Market, kept: HeldBook | None, watch: BookWatch
) -> dict[str, Any]:
    """Return a market's book; an empty one while it is waited for."""
    now = now_ms()
    held = watch.newer(market, kept)
    if held is None:
        nothing = TopOfBook(market.symbol, (), (), now, 0, BookState.WAITING)
        told = book_data(name, nothing, nothing.state)
    else:
        told = book_data(name, held.book, state_of(held, now))
    kind = TYPES[LiveKind.BOOK]
    return {"channel": kind, "type": kind, "snapshot": True, **market._asdict(), "data": told}
