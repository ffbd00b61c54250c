"""What Coinbase and Binance say of books, in each of the forms in which they say it."""

import json
from decimal import Decimal
from typing import Any

import pytest

from core.books.changes import BookChange, BookSnapshot, BookUpdate
from core.books.levels import Level
from core.platforms import WITH_BOOKS
from feeds.binance.books import BinanceBooks
from feeds.coinbase.books import CoinbaseBooks
from feeds.venues import BOOKS, CONNECTORS


def levels(*pairs: str) -> list[Level]:
    return [(Decimal(price), Decimal(size)) for price, size in (one.split("x") for one in pairs)]


BIDS, ASKS = [["10.10", "1.50"], ["9", "0.00000001"]], [["10.2", "0"]]
DIFF = {"e": "depthUpdate", "E": 1_723_161_255_208, "s": "BTCUSDT", "U": 7, "u": 9,
        "b": BIDS, "a": ASKS}  # fmt: skip
FUTURES = DIFF | {"T": 1_723_161_255_200, "pu": 5}
BOOK = {"lastUpdateId": 160, "bids": BIDS, "asks": ASKS}
AT = 1_723_161_255_208
SIDES = (levels("10.10x1.50", "9x0.00000001"), levels("10.2x0"))


@pytest.mark.parametrize(
    ("frame", "change"),
    [
        (DIFF, BookUpdate("BTCUSDT", *SIDES, AT, 7, 9)),
        ({"stream": "btcusdt@depth@100ms", "data": DIFF}, BookUpdate("BTCUSDT", *SIDES, AT, 7, 9)),
        (FUTURES, BookUpdate("BTCUSDT", *SIDES, AT, 7, 9, 5)),
        (DIFF | {"E": AT * 1_000}, BookUpdate("BTCUSDT", *SIDES, AT, 7, 9)),
        ({"stream": "btcusdt@depth20@100ms", "data": BOOK},
         BookSnapshot("BTCUSDT", *SIDES, 0, 160, best_only=True)),
        (BOOK, BookSnapshot("", *SIDES, 0, 160, best_only=True)),
        ({"stream": "btcusdt@depth20@500ms", "data": FUTURES},
         BookSnapshot("BTCUSDT", *SIDES, AT, 9, best_only=True)),
        ({"stream": "btcusdt@aggTrade", "data": {"e": "aggTrade", "E": 1, "s": "X", "a": 5,
          "p": "1", "q": "2", "f": 1, "l": 2, "T": 1, "m": True}}, None),
        ({"stream": "btcusdt@bookTicker", "data": {"u": 1, "s": "X", "b": "1", "B": "1", "a": "2",
          "A": "1"}}, None),
        ({"result": None, "id": 1}, None),
    ],
)  # fmt: skip
def test_binance_is_understood(frame: object, change: BookChange | None) -> None:
    heard = BinanceBooks().parse(json.dumps(frame))
    assert heard.changes == (() if change is None else (change,))
    assert (heard.refusal, heard.number) == (None, None)


def test_a_whole_book_of_binance_ends_where_no_more_was_asked_for() -> None:
    venue = BinanceBooks()
    assert venue.snapshot_request("X") == ("/api/v3/depth", {"symbol": "X", "limit": 5_000})
    book = venue.read_snapshot("X", json.dumps(BOOK | {"E": AT}).encode())
    assert book == BookSnapshot("X", *SIDES, AT, 160, 5_000)
    for body in (b"{}", b"[]", json.dumps(BOOK | {"bids": [["1"]]}).encode(), b"<html>"):
        with pytest.raises(ValueError, match=r"book|lastUpdateId"):
            venue.read_snapshot("X", body)


def advanced(channel: str, *events: object) -> dict[str, Any]:
    return {"channel": channel, "client_id": "", "timestamp": "2024-08-08T23:54:15.208Z",
            "sequence_num": 4, "events": list(events)}  # fmt: skip


UPDATES = [
    {"side": "bid", "event_time": "x", "price_level": "10.10", "new_quantity": "1.50"},
    {"side": "offer", "event_time": "x", "price_level": "10.2", "new_quantity": "0"},
    {"side": "bid", "event_time": "x", "price_level": "9", "new_quantity": "0.00000001"},
]


@pytest.mark.parametrize(
    ("frame", "changes", "number"),
    [
        (advanced("l2_data", {"type": "snapshot", "product_id": "A-B", "updates": UPDATES},
                  {"type": "update", "product_id": "C-D", "updates": UPDATES}),
         (BookSnapshot("A-B", *SIDES, AT, 4), BookUpdate("C-D", *SIDES, AT, last=4)), 4),
        (advanced("heartbeats", {"heartbeat_counter": 1}), (), 4),
        (advanced("subscriptions", {"subscriptions": {}}), (), 4),
        ({"type": "snapshot", "product_id": "A-B", "bids": BIDS, "asks": ASKS},
         (BookSnapshot("A-B", *SIDES),), None),
        ({"type": "l2update", "product_id": "A-B", "time": "2024-08-08T23:54:15.208123Z",
          "changes": [["buy", "10.10", "1.50"], ["sell", "10.2", "0"],
                      ["buy", "9", "0.00000001"]]},
         (BookUpdate("A-B", *SIDES, AT),), None),
        ({"type": "match", "product_id": "A-B", "price": "1", "size": "2", "trade_id": 5}, (),
         None),
        ({"type": "subscriptions", "channels": []}, (), None),
    ],
)  # fmt: skip
def test_coinbase_is_understood_on_both_of_its_feeds(
    frame: object, changes: tuple[BookChange, ...], number: int | None
) -> None:
    heard = CoinbaseBooks().parse(json.dumps(frame))
    assert (heard.changes, heard.number, heard.refusal) == (changes, number, None)


@pytest.mark.parametrize(
    ("venue", "frame"),
    [
        (BinanceBooks(), DIFF | {"b": [["x", "1"]]}),
        (BinanceBooks(), DIFF | {"b": [["1"]]}),
        (BinanceBooks(), DIFF | {"a": "1"}),
        (BinanceBooks(), DIFF | {"a": [["-1", "1"]]}),
        (BinanceBooks(), DIFF | {"a": [["1", "Infinity"]]}),
        (BinanceBooks(), {"error": {"code": 2, "msg": "Invalid request"}, "id": 1}),
        (CoinbaseBooks(), {"type": "error", "message": "Failed", "reason": "no product"}),
        (CoinbaseBooks(), {"type": "l2update", "product_id": "A-B", "changes": [["up", "1", "1"]]}),
        (CoinbaseBooks(), {"type": "l2update", "product_id": "A-B", "changes": [["buy", "1"]]}),
        (CoinbaseBooks(), advanced("l2_data", {"type": "update", "product_id": "A-B", "updates": [
            {"side": "bid", "price_level": "1e99", "new_quantity": "1"}]})),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_as_good_as_missed(
    venue: BinanceBooks | CoinbaseBooks, frame: object
) -> None:
    heard = venue.parse(json.dumps(frame))
    assert heard.refusal
    assert heard.changes == ()


def test_every_platform_that_is_said_to_have_books_has_them_and_trades() -> None:
    assert sorted(BOOKS) == sorted(WITH_BOOKS)
    assert BOOKS.keys() <= CONNECTORS.keys()
