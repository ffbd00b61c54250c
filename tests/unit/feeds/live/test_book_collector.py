"""A collector of books takes a snapshot only for what goes on from it."""

import pytest

from core.books.levels import BookState
from feeds.binance.books import BinanceBooks
from feeds.json_calls import JsonCalls
from feeds.live.book_collector import BookCollector
from feeds.live.figures import BookFigures

BODY = b'{"lastUpdateId": 7, "bids": [["1", "2"]], "asks": [["3", "4"]]}'


@pytest.mark.parametrize(
    ("connected", "state"), [(True, BookState.LIVE), (False, BookState.WAITING)]
)
async def test_a_snapshot_that_comes_after_its_connection_broke_begins_no_book(
    monkeypatch: pytest.MonkeyPatch, connected: bool, state: BookState
) -> None:
    figures = BookFigures(exchange_connected=True)

    def get(calls: JsonCalls, path: str, parameters: object) -> bytes:
        figures.exchange_connected = connected
        return BODY

    monkeypatch.setattr(JsonCalls, "get", get)
    collector = BookCollector("binance", BinanceBooks(), ["AB"], lambda *_: None, figures)
    book = collector._books.books["AB"]
    await collector._ask("AB", book)

    assert book.state is state
    assert book.wants_snapshot is not connected
