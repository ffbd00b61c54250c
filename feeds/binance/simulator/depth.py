"""Binance's streams of order books, and its whole books over REST."""

from collections.abc import Iterator

from feeds.binance.simulator.messages import Json, number
from feeds.simulator.faults import Faults
from feeds.simulator.simulated_book import Change, Levels, SimulatedBook

PARTIAL = ("depth5", "depth10", "depth20")


class Changes:
    """`@depth`: every change since the subscription, with faults."""

    def __init__(self, symbol: str, book: SimulatedBook, faults: Faults) -> None:
        self._symbol, self._book, self._faults = symbol, book, faults
        self._told = book.count

    def due(self) -> Iterator[Json]:
        """Return an event for each change."""
        self._book.play()
        stream = f"{self._symbol}@depth"
        changes, self._told = self._book.since(self._told), self._book.count
        for change in changes:
            if self._faults.happens("gap", stream):
                continue
            crossed = self._faults.happens("crossed", stream)
            told = self._book.crossing(change) if crossed else change
            yield change_message(self._symbol, told)
            if self._faults.happens("repeat", stream):
                yield change_message(self._symbol, told)


class Best:
    """`@depth5`, `@depth10`, `@depth20`: the best levels after each change."""

    def __init__(self, book: SimulatedBook, count: int) -> None:
        self._book, self._count, self._told = book, count, -1

    def due(self) -> Iterator[Json]:
        """Return the best levels if the book has changed."""
        self._book.play()
        if self._book.count != self._told:
            self._told = self._book.count
            yield book_body(self._book, self._count)


def change_message(symbol: str, change: Change) -> Json:
    """Return an event of `@depth`."""
    return {
        "e": "depthUpdate", "E": change.time, "s": symbol, "U": change.first, "u": change.last,
        "b": _rows(change.bids), "a": _rows(change.asks),
    }  # fmt: skip


def book_body(book: SimulatedBook, limit: int, *, late: bool = False) -> Json:
    """Return the body of `depth`."""
    whole = book.whole(late=late)
    return {
        "lastUpdateId": whole.last,
        "bids": _rows(whole.bids[:limit]),
        "asks": _rows(whole.asks[:limit]),
    }


def _rows(levels: Levels) -> list[list[str]]:
    return [[number(price), number(size)] for price, size in levels]
