"""What the venues say and ask, without a connection."""

import json

import msgspec
import pytest

from core.errors import NotFound
from feeds.connector import NOTHING, FetchedTrade, Heard, HeardTrade
from feeds.venues import CONNECTORS, find_connector

COINBASE, BINANCE = CONNECTORS["coinbase"], CONNECTORS["binance"]
MATCH = {
    "type": "match",
    "trade_id": 7,
    "side": "buy",
    "size": "0.1",
    "price": "60000.01",
    "product_id": "BTC-USD",
    "sequence": 70,
    "time": "2024-03-13T11:00:17.710123Z",
}


def test_coinbases_matches_are_kept_with_their_id_and_time() -> None:
    heard = COINBASE.parse(json.dumps(MATCH))

    assert heard == Heard(True, (HeardTrade("BTC-USD", 7, 7, 1_710_327_617_710),))
    assert COINBASE.parse(json.dumps(MATCH | {"type": "last_match"})) == heard


def test_coinbases_heartbeat_tells_the_newest_trade_and_goes_no_further() -> None:
    beat = {"type": "heartbeat", "last_trade_id": 9, "product_id": "BTC-USD"}

    assert COINBASE.parse(json.dumps(beat)) == Heard(newest=(("BTC-USD", 9),))


def test_coinbases_refusal_is_told_in_its_words() -> None:
    said = {"type": "error", "message": "Failed to subscribe", "reason": "X is not valid"}

    assert COINBASE.parse(json.dumps(said)).refusal == "Failed to subscribe X is not valid"


def test_binances_trades_are_kept_with_their_id_and_time() -> None:
    event = {"e": "trade", "E": 1, "s": "BTCUSDT", "t": 5, "p": "1", "q": "2", "T": 123, "m": True}

    heard = BINANCE.parse(json.dumps({"stream": "btcusdt@trade", "data": event}))

    assert heard == Heard(True, (HeardTrade("BTCUSDT", 5, 5, 123),))


@pytest.mark.parametrize(
    ("frame", "heard"),
    [
        ({"result": None, "id": 1}, NOTHING),
        ({"stream": "btcusdt@ticker", "data": {"e": "24hrTicker", "s": "BTCUSDT"}}, Heard(True)),
        ({"e": "serverShutdown", "E": 1}, Heard(ending=True)),
        (
            {"error": {"code": 2, "msg": "Invalid request"}, "id": 1},
            Heard(refusal="Invalid request"),
        ),
    ],
)
def test_binances_other_frames_are_told_apart(frame: object, heard: Heard) -> None:
    assert BINANCE.parse(json.dumps(frame)) == heard


@pytest.mark.parametrize("venue", [COINBASE, BINANCE])
@pytest.mark.parametrize("frame", ["", "{", "[]", "7", '{"type": 7, "e": [], "data": 1}'])
def test_a_frame_that_cannot_be_read_says_nothing(venue: object, frame: str) -> None:
    assert venue.parse(frame) == NOTHING  # type: ignore[attr-defined]


def test_coinbase_pages_backwards_and_names_the_takers_side() -> None:
    body = json.dumps([{"trade_id": 5, "side": "sell", "size": "1", "price": "2", "time": "t"}])
    page = COINBASE.read_page(body.encode())

    assert page == [FetchedTrade(5, "t", "2", "1", "buy")]
    assert COINBASE.first_page("A-B", 2, 9).params["after"] == 10
    following = COINBASE.next_page("A-B", 2, 9, page)
    assert following is not None
    assert following.params["after"] == 5
    assert COINBASE.next_page("A-B", 5, 9, page) is None


def test_binance_pages_forwards_and_names_the_takers_side() -> None:
    row = {"id": 5, "price": "2", "qty": "1", "time": 9, "isBuyerMaker": True}
    page = BINANCE.read_page(json.dumps([row]).encode())

    assert page == [FetchedTrade(5, 9, "2", "1", "sell")]
    assert BINANCE.first_page("AB", 2, 9).params["fromId"] == 2
    following = BINANCE.next_page("AB", 2, 9, page)
    assert following is not None
    assert following.params["fromId"] == 6
    assert BINANCE.next_page("AB", 2, 5, page) is None


@pytest.mark.parametrize("venue", [COINBASE, BINANCE])
@pytest.mark.parametrize("body", [b"{}", b'[{"trade_id": -1}]', b'[{"id": "x"}]', b"["])
def test_a_page_that_cannot_be_read_is_an_error(venue: object, body: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        venue.read_page(body)  # type: ignore[attr-defined]


def test_a_fetched_trade_becomes_the_generic_message() -> None:
    message = json.loads(FetchedTrade(5, "t", "2", "1", "buy").as_message("A-B"))

    assert message == {
        "type": "trade",
        "symbol": "A-B",
        "trade_id": 5,
        "time": "t",
        "price": "2",
        "size": "1",
        "side": "buy",
    }


def test_an_unknown_venue_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(NotFound, match="coinbase"):
        find_connector("coinbas")
