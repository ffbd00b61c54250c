"""The books of all markets of one connection, whose messages may be numbered together."""

from collections.abc import Iterable

from core.books.changes import BookChange
from core.books.kept_book import KeptBook


class ConnectionBooks:
    """Books by symbol; `missed` counts holes in the numbers of messages, `repeated` repetitions."""

    def __init__(self, symbols: Iterable[str]) -> None:
        self.books = {symbol: KeptBook(symbol) for symbol in symbols}
        self.missed = self.repeated = 0
        self._number: int | None = None

    def connected(self) -> None:
        """Begin all books anew, as after every new connection."""
        self._number = None
        for book in self.books.values():
            book.restart()

    def take(self, number: int | None, changes: Iterable[BookChange]) -> bool:
        """Take a message: its number on this connection, if it has one, and what it says.

        Returns whether none was missed before it. After a hole every book waits for a snapshot.
        """
        whole = True
        if number is not None:
            if self._number is not None and number <= self._number:
                self.repeated += 1
                return True
            whole = self._number is None or number == self._number + 1
            if not whole:
                self.missed += 1
                self.connected()
            self._number = number
        for change in changes:
            if (book := self._book(change.symbol)) is not None:
                book.take(change)
        return whole

    def _book(self, symbol: str) -> KeptBook | None:
        """Return a symbol's book; a message that names none means the only one."""
        if not symbol and len(self.books) == 1:
            return next(iter(self.books.values()))
        return self.books.get(symbol)
