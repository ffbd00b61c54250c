"""Live data as frames, page by page, and messages on their way in."""

from typing import Any

import msgspec
import pandas as pd
import pytest

from client import Tickcast

TRADE = {
    "trade_id": 7,
    "time": "2024-03-13T11:00:17.710123Z",
    "price": 1.5,
    "size": 2.0,
    "side": "buy",
}


@pytest.fixture
def tickcast(server: Any) -> Tickcast:
    return Tickcast(server.url, "key", progress=False)


def test_trades_come_page_by_page_with_their_microseconds(server: Any, tickcast: Tickcast) -> None:
    first, second = (
        dict(TRADE),
        TRADE | {"trade_id": None, "time": "2024-03-13T11:00:18Z", "side": None},
    )
    server.answers(
        "GET",
        "/trades/coinbase/BTC-USD",
        server.answer({"trades": [first], "next_cursor": "c1"}),
        server.answer({"trades": [second], "next_cursor": None}),
    )

    frame = tickcast.trades("coinbase", "BTC/USD", start="2024-03-13")

    assert frame.index[0] == pd.Timestamp("2024-03-13T11:00:17.710123Z")
    assert frame["trade_id"].tolist() == [7, pd.NA]
    assert frame["price"].tolist() == [1.5, 1.5]
    assert [asked.query.get("cursor") for asked in server.asked] == [None, "c1"]
    assert {asked.query["start"] for asked in server.asked} == {"2024-03-13"}


def test_no_trades_are_an_empty_frame_of_the_same_form(server: Any, tickcast: Tickcast) -> None:
    server.answers("GET", "/trades/x/A-B", server.answer({"trades": [], "next_cursor": None}))

    frame = tickcast.trades("x", "A-B", limit=5)

    assert (len(frame), frame.index.name, str(frame["price"].dtype)) == (0, "time", "float64")
    assert server.asked[0].query["limit"] == "5"


def test_gaps_have_times_or_none(server: Any, tickcast: Tickcast) -> None:
    gap = {"id": 1, "first_id": 5, "last_id": 9, "missing": 5, "from_time": "2024-01-01T00:00:00Z",
           "to_time": None, "state": "open", "recovered": 0, "found_at": "2024-01-01T00:00:03.5Z",
           "closed_at": None, "reason": "away"}  # fmt: skip
    server.answers("GET", "/gaps/x/A-B", server.answer({"gaps": [gap], "next_cursor": None}))

    (row,) = tickcast.gaps("x", "A-B").to_dict("records")

    assert (row["first_id"], row["state"], row["reason"]) == (5, "open", "away")
    assert row["found_at"] == pd.Timestamp("2024-01-01T00:00:03.5Z")
    assert pd.isna(row["to_time"])


def test_anomalies_are_asked_for_by_score(server: Any, tickcast: Tickcast) -> None:
    found = {"time": "2024-01-01T00:00:00Z", "trade_id": None, "price": 1.0, "size": None,
             "score": 20.5, "reason": "crossed_ticker"}  # fmt: skip
    body = {"anomalies": [found], "next_cursor": None}
    server.answers("GET", "/anomalies/x/A-B", server.answer(body))

    frame = tickcast.anomalies("x", "A-B", min_score=12)

    assert frame["reason"].tolist() == ["crossed_ticker"]
    assert server.asked[0].query["min_score"] == "12"


def test_the_quarantine_is_read_as_far_as_wanted(server: Any, tickcast: Tickcast) -> None:
    def page(count: int, cursor: str | None) -> Any:
        rejected = [{"time": "t", "reason": "r", "message": "m"}] * count
        return server.answer(
            {"platform": "x", "accepted": 1, "ignored": 2, "total_rejected": 1_500,
             "rejected": rejected, "next_cursor": cursor}
        )  # fmt: skip

    server.answers("GET", "/quarantine/x", page(1_000, "1-1"), page(500, None))

    found = tickcast.quarantine("x", 1_200)

    assert (found["total_rejected"], len(found["rejected"])) == (1_500, 1_200)
    assert "next_cursor" not in found


def test_messages_are_pushed_as_they_are(server: Any, tickcast: Tickcast) -> None:
    server.answers(
        "POST",
        "/ingest/x",
        server.answer({"status": "queued", "accepted": 1, "ignored": 0, "rejected": []}, 202),
    )

    assert tickcast.push("x", b'[{"e": "trade"}]')["accepted"] == 1
    tickcast.push("x", [{"type": "trade"}])

    assert [asked.body for asked in server.asked] == [
        b'[{"e": "trade"}]',
        msgspec.json.encode([{"type": "trade"}]),
    ]
