"""Which books of those that readers follow are fresh: nobody says that a collector has died."""

from collections.abc import Collection

from core.books.levels import REPEATED_S, BookState, TopOfBook
from core.series import Market
from storage.markets.order_books import HeldBook

# A collector repeats a book that does not change; so it has missed two turns.
STALE_MS = int(3 * REPEATED_S * 1_000)


class BookWatch:
    """The newest book that this process heard of each market that somebody follows."""

    def __init__(self) -> None:
        self._newest: dict[Market, HeldBook] = {}
        self._stale: set[Market] = set()

    def heard(self, market: Market, held: HeldBook) -> None:
        """Take the book that was told just now."""
        self._newest[market] = held
        self._stale.discard(market)

    def newer(self, market: Market, kept: HeldBook | None) -> HeldBook | None:
        """Return the newer of a kept book and what was heard since, and watch its age."""
        heard = self._newest.get(market)
        newest = max(filter(None, (heard, kept)), key=lambda one: one.told_at, default=None)
        if newest is not None:
            self._newest[market] = newest
        return newest

    def gone_stale(self, now: int, followed: Collection[Market]) -> list[tuple[Market, TopOfBook]]:
        """Return the books that have become stale since the last call, of markets followed."""
        for market in [one for one in self._newest if one not in followed]:
            del self._newest[market]
        self._stale &= self._newest.keys()
        found = [
            (market, held.book)
            for market, held in self._newest.items()
            if market not in self._stale and state_of(held, now) is BookState.STALE
        ]
        self._stale.update(market for market, _ in found)
        return found


def state_of(held: HeldBook, now: int) -> BookState:
    """Return whether a book may be used as the present one, at a time of our clock (epoch ms)."""
    return BookState.STALE if now - held.told_at > STALE_MS else held.book.state
