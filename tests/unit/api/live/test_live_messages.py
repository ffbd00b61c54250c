"""Messages in the exchanges' own words, old and new, become trades and quotes."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.live.buffer import Frame, Outcomes, read_frames
from api.live.messages import LiveBatch, read_messages
from core.books.levels import BookState
from core.errors import MalformedRequest
from core.messages import Channels

NOW = 1_790_000_000_000
MATCH = {
    "type": "match", "trade_id": 10, "maker_order_id": "m", "taker_order_id": "t",
    "side": "sell", "size": "5.23512", "price": "400.23", "product_id": "BTC-USD",
    "sequence": 50, "time": "2021-04-17T16:43:37.089723Z",
}  # fmt: skip
BINANCE_TRADE = {
    "e": "trade", "E": 1723161255343, "s": "BTCUSDT", "t": 12345, "p": "61837.63000000",
    "q": "0.02000000", "T": 1723161255342, "m": True, "M": True,
}  # fmt: skip
AGGREGATE = {
    "e": "aggTrade", "E": 1617647603484, "s": "ZILUSDT", "a": 18938405, "p": "0.21448000",
    "q": "2062.90000000", "f": 100, "l": 105, "T": 1617647603483, "m": False, "M": True,
}  # fmt: skip
ADVANCED = {
    "channel": "market_trades", "timestamp": "2026-08-09T21:05:48.2285Z", "sequence_num": 0,
    "events": [{"type": "update", "trades": [
        {"product_id": "BTC-USD", "trade_id": "1068572090", "price": "65083.67",
         "size": "0.002186", "time": "2026-08-09T21:05:42.514318Z", "side": "SELL"}]}],
}  # fmt: skip
GENERIC = {"type": "trade", "symbol": "A-B", "price": 1.5, "size": 2, "time": 1700000000,
           "trade_id": 7, "side": "buy"}  # fmt: skip
IGNORED = [
    {"type": "subscriptions", "channels": []},
    {"type": "heartbeat", "sequence": 90, "last_trade_id": 20, "product_id": "BTC-USD"},
    {"type": "l2update", "product_id": "BTC-USD", "changes": [["buy", "1", "2"]]},
    {"channel": "l2_data", "events": [{"type": "update", "updates": []}]},
    {"channel": "heartbeats", "events": [{"current_time": "x", "heartbeat_counter": 1}]},
    {"stream": "x@depth", "data": {"e": "depthUpdate", "s": "X", "b": [["1", "2"]], "a": []}},
    {"e": "kline", "s": "BTCUSDT", "k": {"t": 1}},
    {"lastUpdateId": 1, "bids": [], "asks": []},
    {"result": None, "id": 1},
]


def read(*messages: object) -> LiveBatch:
    return read_messages("x", json.dumps(list(messages)).encode(), NOW)


@pytest.mark.parametrize(
    ("message", "symbol", "ids", "side"),
    [
        (MATCH, "BTC-USD", (10, 10), 1),
        (MATCH | {"type": "last_match", "side": "buy"}, "BTC-USD", (10, 10), -1),
        (BINANCE_TRADE, "BTCUSDT", (12345, 12345), -1),
        ({"stream": "btcusdt@trade", "data": BINANCE_TRADE}, "BTCUSDT", (12345, 12345), -1),
        (AGGREGATE, "ZILUSDT", (100, 105), 1),
        (ADVANCED, "BTC-USD", (1068572090, 1068572090), 1),
        (GENERIC, "A-B", (7, 7), 1),
        ({"trades": [GENERIC]}, "A-B", (7, 7), 1),
        ({"trades": [BINANCE_TRADE]}, "BTCUSDT", (12345, 12345), -1),
        ({"symbol": "A-B", "trades": [{"price": 1, "size": 1, "trade_id": 9}]}, "A-B", (9, 9), 0),
    ],
)
def test_a_trade_of_every_known_shape_is_understood(
    message: object, symbol: str, ids: tuple[int, int], side: int
) -> None:
    batch = read(message)

    ((trades,),) = batch.trades.values()
    assert list(batch.trades) == [symbol]
    assert (int(trades.first_id[0]), int(trades.last_id[0])) == ids
    assert int(trades.side[0]) == side
    assert (batch.accepted, batch.ignored, batch.rejected) == (1, 0, [])


@pytest.mark.parametrize(
    ("message", "values"),
    [
        (
            {"type": "ticker", "product_id": "A-B", "price": "4", "best_bid": "3", "best_ask": "5",
             "volume_24h": "9", "time": "2021-04-17T16:43:30.244075Z"},
            (4.0, 3.0, 5.0, 9.0),
        ),
        ({"channel": "ticker", "timestamp": "2026-08-09T21:05:48Z", "events": [{"tickers": [
            {"type": "ticker", "product_id": "A-B", "price": "4", "volume_24_h": "9"}]}]},
         (4.0, None, None, 9.0)),
        ({"e": "24hrTicker", "E": NOW, "s": "A-B", "c": "4", "b": "3", "a": "5", "v": "9"},
         (4.0, 3.0, 5.0, 9.0)),
        ({"u": 400900217, "s": "A-B", "b": "3", "B": "31.21", "a": "5", "A": "40.66"},
         (None, 3.0, 5.0, None)),
        ({"stream": "x@bookTicker", "data": {"u": 1, "s": "A-B", "b": "3", "B": "1", "a": "5"}},
         (None, 3.0, 5.0, None)),
    ],
)  # fmt: skip
def test_a_quote_of_every_known_shape_is_understood(
    message: object, values: tuple[float | None, ...]
) -> None:
    (ticker,) = read(message).tickers
    assert (ticker.price, ticker.bid, ticker.ask, ticker.volume_24h) == values


@pytest.mark.parametrize("nothing", ["0", 0, "0.00000000", "0e0", "", None])
def test_a_quote_without_bids_keeps_its_other_values(nothing: object) -> None:
    quote = {"type": "ticker", "symbol": "A-B", "price": "4", "bid": nothing, "ask": "5"}

    batch = read(quote)

    (ticker,) = batch.tickers
    assert (ticker.price, ticker.bid, ticker.ask) == (4.0, None, 5.0)
    assert (batch.accepted, batch.rejected) == (1, [])


BOOK = {"type": "orderbook", "symbol": "A-B", "bids": [["2.50", "1.0"], [1, "3"]],
        "asks": [["3", "0.00000001"]], "time": NOW, "sequence": 7, "state": "live"}  # fmt: skip


def test_a_pushed_book_is_taken_exactly_and_of_several_the_last() -> None:
    batch = read(BOOK, GENERIC, BOOK | {"symbol": "a/b", "asks": [], "sequence": 8})

    first, second = batch.books
    assert first.bids == ((Decimal("2.5"), Decimal(1)), (Decimal(1), Decimal(3)))
    assert first.asks == ((Decimal(3), Decimal("1e-8")),)
    assert (first.time, first.sequence, first.state) == (NOW, 7, BookState.LIVE)
    assert (batch.accepted, batch.rejected) == (3, [])
    assert second.asks == ()
    assert [book.sequence for book in read(BOOK, BOOK | {"sequence": 9}).books] == [9]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"bids": [["1", "1"], ["2.5", "1"]]}, "out of order"),
        ({"bids": [["1", "1"], ["1.0", "2"]]}, "out of order"),
        ({"bids": [["1", "0"]]}, "without size"),
        ({"bids": [["3.0", "1"]]}, "not below the best ask"),
        ({"bids": [["NaN", "1"]]}, "finite"),
        ({"bids": [["-1", "1"]]}, "above zero"),
        ({"bids": [["1e999999999", "1"]]}, "usual size"),
        ({"bids": [["1" * 65, "1"]]}, "usual size"),
        ({"bids": [["1"]]}, "[price, size]"),
        ({"asks": None}, "[price, size]"),
        ({"asks": {"3": 1}}, "[price, size]"),
        ({"time": "yesterday"}, "time"),
        ({"sequence": -1}, "sequence"),
        ({"sequence": None}, "sequence"),
        ({"state": "fine"}, "state"),
        ({"symbol": "A B"}, "symbol"),
        ({"symbol": None}, "symbol"),
    ],
)
def test_a_book_that_is_not_whole_is_rejected_with_its_reason(
    change: dict[str, object], word: str
) -> None:
    batch = read(GENERIC, BOOK | change)

    assert (batch.accepted, batch.books) == (1, [])
    ((index, reason),) = [(one.index, one.reason) for one in batch.rejected]
    assert index == 1
    assert word in reason


@pytest.mark.parametrize("message", IGNORED)
def test_what_is_known_and_of_no_use_is_ignored_and_counted(message: object) -> None:
    batch = read(message)
    assert (batch.accepted, batch.ignored, batch.rejected) == (0, 1, [])


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ({"type": "riddle"}, "riddle"),
        ({}, "no known shape"),
        ({"type": "trade", "symbol": "A-B", "size": "1"}, "price"),
        (GENERIC | {"price": "NaN"}, "price"),
        (GENERIC | {"size": -1}, "size"),
        (GENERIC | {"symbol": "A B\r\n"}, "symbol"),
        (GENERIC | {"time": "2060-01-01T00:00:00Z"}, "future"),
        (GENERIC | {"trade_id": [1]}, "type"),
        ({"type": "ticker", "product_id": "A-B", "price": "-4"}, "price"),
    ],
)
def test_what_cannot_be_used_is_rejected_alone_with_its_place_and_reason(
    message: object, word: str
) -> None:
    batch = read(GENERIC, message, GENERIC | {"trade_id": 8})

    assert batch.accepted == 2
    assert [(r.index, word in r.reason) for r in batch.rejected] == [(1, True)]
    assert json.loads(batch.quarantined[0].message) == message


@pytest.mark.parametrize("body", [b"", b"{", b"7", b'"x"', b"[1, 2", b"\xff\xfe"])
def test_a_body_that_is_no_object_or_list_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        read_messages("x", body, NOW)


@pytest.mark.parametrize("depth", [5_000, 40_000])
def test_a_message_nested_without_end_is_refused_alone(depth: int) -> None:
    nested = b'{"x":' + b"[" * depth + b"]" * depth + b"}"
    trade = json.dumps(GENERIC).encode()

    batch = read_messages("x", b"[" + b" , ".join([trade, nested, trade]) + b"]", NOW)
    assert batch.accepted == 2
    assert [(one.index, one.reason) for one in batch.rejected] == [(1, "it is nested too deeply")]
    assert batch.quarantined[0].message.startswith('{"x":[[')

    alone = read_messages("x", nested, NOW)
    assert [(one.index, one.reason) for one in alone.rejected] == [(0, "it is nested too deeply")]
    assert alone.quarantined[0].message.startswith('{"x":[[')


def test_a_symbol_with_a_slash_is_written_as_the_platform_does() -> None:
    body = json.dumps(GENERIC | {"symbol": "BTC/USDT"}).encode()
    assert list(read_messages("binance", body, NOW).trades) == ["BTCUSDT"]


frames: st.SearchStrategy[list[bytes]] = st.lists(
    st.sampled_from(
        [
            json.dumps(GENERIC).encode(),
            json.dumps([GENERIC, MATCH]).encode(),
            json.dumps(IGNORED[0]).encode(),
            json.dumps({"type": "riddle"}).encode(),
            b"{broken",
            b'{"type":"trade"},{"type":"trade"}',
            b"7",
        ]
    ),
    max_size=6,
)


class Socket:
    """A connection that notes what it is told."""

    def __init__(self) -> None:
        self.channels: Channels = {}
        self.symbol: str | None = None
        self.outcomes: Outcomes = []

    def told(self, outcomes: Outcomes) -> None:
        self.outcomes += outcomes


def frames_of(datas: list[bytes]) -> list[Frame]:
    return [Frame(Socket(), number, data) for number, data in enumerate(datas)]


@given(frames)
def test_frames_read_together_have_the_outcome_of_each_alone(datas: list[bytes]) -> None:
    def alone(data: bytes) -> tuple[int, int, int, bool]:
        try:
            batch = read_messages("x", data, NOW)
        except MalformedRequest:
            return 0, 0, 0, True
        return batch.accepted, batch.ignored, len(batch.rejected), False

    batch, outcomes = read_frames("x", frames_of(datas), NOW)

    told = [(o.accepted, o.ignored, len(o.rejected), o.error is not None) for o in outcomes]
    assert told == [alone(data) for data in datas]
    assert batch.accepted == sum(outcome.accepted for outcome in outcomes)


@given(frames, st.binary(max_size=40))
def test_no_frame_changes_what_another_socket_brings(datas: list[bytes], hostile: bytes) -> None:
    alone, _ = read_frames("x", frames_of(datas), NOW)
    crafted = [hostile, b'{"type":"x"', b'{"type":"riddle"},{"a":', b'"}', b"[", b'{"a":"']
    mixed = [data for pair in zip(datas, crafted * 2, strict=False) for data in pair]

    _, outcomes = read_frames("x", frames_of(mixed), NOW)

    told = [outcome.accepted for outcome in outcomes[::2]]
    assert sum(told) == alone.accepted
    assert told == [o.accepted for o in read_frames("x", frames_of(datas), NOW)[1]]


def test_rejected_messages_of_many_frames_are_kept_with_their_own_text() -> None:
    datas = [
        json.dumps([GENERIC, {"type": "riddle", "n": 1}]).encode(),
        b"{broken",
        json.dumps({"type": "riddle", "n": 2}).encode(),
    ]

    batch, outcomes = read_frames("x", frames_of(datas), NOW)

    assert [json.loads(one.message)["n"] for one in batch.quarantined] == [1, 2]
    assert [len(outcome.rejected) for outcome in outcomes] == [1, 0, 1]
