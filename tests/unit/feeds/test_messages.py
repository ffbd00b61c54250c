"""Messages of every venue are told apart by their documented shapes."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import TooLarge
from core.messages import MOST_SYMBOLS, Channels, IdKind, Recognised
from feeds.decoding import SHAPES, WireMessage, decode, decode_alike, join_fields
from feeds.messages import recognise
from feeds.venues import VENUES
from feeds.wire import Shapes

KRAKEN_1 = [
    993,
    [["354.11", "0.89594024", "1618678142.557535", "s", "l", ""],
     ["354.12", "1", "1618678142.557600", "b", "m", ""]],
    "trade", "XMR/USD",
]  # fmt: skip
KRAKEN_2 = {
    "channel": "trade", "type": "update",
    "data": [{"symbol": "MATIC/USD", "side": "sell", "price": 0.5117, "qty": 40.0,
              "ord_type": "market", "trade_id": 4665906,
              "timestamp": "2023-09-25T07:49:37.708706Z"}],
}  # fmt: skip
OKX = {
    "arg": {"channel": "trades", "instId": "BTC-USDT"},
    "data": [{"instId": "BTC-USDT", "tradeId": "130639474", "px": "42219.9", "sz": "0.12060306",
              "side": "buy", "ts": "1630048897897", "count": "3"}],
}  # fmt: skip
BYBIT = {
    "topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": 1672304486868,
    "data": [{"T": 1672304486865, "s": "BTCUSDT", "S": "Buy", "v": "0.001", "p": "16578.50",
              "L": "PlusTick", "i": "20f43950-d8dd-5b31-9112-a178eb6023af", "BT": False}],
}  # fmt: skip
BITSTAMP = {
    "data": {"id": 216000477, "timestamp": "1641343699", "amount": 0.0792,
             "amount_str": "0.07920000", "price": 3805.44, "price_str": "3805.44", "type": 0,
             "microtimestamp": "1641343699596000", "buy_order_id": 1, "sell_order_id": 2},
    "channel": "live_trades_ethusd", "event": "trade",
}  # fmt: skip
GEMINI = {
    "type": "trade", "symbol": "BTCUSD", "event_id": 3575573053, "timestamp": 1560976400428,
    "price": "9004.21", "quantity": "0.09110000", "side": "buy",
}  # fmt: skip
GEMINI_1 = {
    "type": "update", "eventId": 5375547515, "timestamp": 1547760288, "timestampms": 1547760288001,
    "socket_sequence": 15, "symbol": "BTCUSD",
    "events": [{"type": "trade", "tid": 5375547515, "price": "3632.54", "amount": "0.1362819142",
                "makerSide": "ask"}],
}  # fmt: skip
GATE = {
    "time": 1606292218, "time_ms": 1606292218231, "channel": "spot.trades", "event": "update",
    "result": {"id": 309143071, "create_time": 1606292218, "create_time_ms": "1606292218213.4578",
               "side": "sell", "currency_pair": "GT_USDT", "amount": "16.47", "price": "0.4705"},
}  # fmt: skip
GATE_FUTURES = {
    "channel": "futures.trades", "event": "update", "time": 1541503698,
    "result": [{"size": -108, "id": 27753479, "create_time": 1545136464,
                "create_time_ms": 1545136464123, "price": "96.4", "contract": "BTC_USD"}],
}  # fmt: skip
DERIBIT = {
    "jsonrpc": "2.0", "method": "subscription",
    "params": {"channel": "trades.BTC-PERPETUAL.raw", "data": [
        {"trade_seq": 30289442, "trade_id": "ETH-48079269", "timestamp": 1590484512188,
         "tick_direction": 2, "price": 8950.0, "mark_price": 8948.9,
         "instrument_name": "BTC-PERPETUAL", "direction": "sell", "amount": 10.0}]},
}  # fmt: skip
CCXT = {
    "id": "28457", "timestamp": 1718409600000, "datetime": "2024-06-15T00:00:00.000Z",
    "symbol": "AAA/USDT", "order": None, "type": "limit", "side": "sell",
    "takerOrMaker": "taker", "price": 100.5, "amount": 0.1, "cost": 10.05, "fee": None,
}  # fmt: skip
CRYPTOFEED = {
    "exchange": "COINBASE", "symbol": "BTC-USD", "side": "buy", "amount": "0.1", "price": "100.5",
    "id": "7", "type": None, "timestamp": 1617647603.42, "receipt_timestamp": 1617647603.5,
}  # fmt: skip
TRADES: list[tuple[object, str, tuple[Any, Any, Any, Any, Any]]] = [
    (KRAKEN_1, "XMR/USD", (0, "1618678142.557535", "354.11", "0.89594024", False)),
    (KRAKEN_2, "MATIC/USD", (4665906, "2023-09-25T07:49:37.708706Z", 0.5117, 40.0, False)),
    (OKX, "BTC-USDT", ("130639474", "1630048897897", "42219.9", "0.12060306", True)),
    (BYBIT, "BTCUSDT",
     ("20f43950-d8dd-5b31-9112-a178eb6023af", 1672304486865, "16578.50", "0.001", True)),
    (BITSTAMP, "ethusd", (216000477, "1641343699596000", "3805.44", "0.07920000", True)),
    (GEMINI, "BTCUSD", (3575573053, 1560976400428, "9004.21", "0.09110000", True)),
    (GEMINI_1, "BTCUSD", (5375547515, 1547760288001, "3632.54", "0.1362819142", True)),
    (GATE, "GT_USDT", (309143071, "1606292218213.4578", "0.4705", "16.47", False)),
    (GATE_FUTURES, "BTC_USD", (27753479, 1545136464123, "96.4", "108", False)),
    (DERIBIT, "BTC-PERPETUAL", (30289442, 1590484512188, 8950.0, 10.0, False)),
    (CCXT, "AAA/USDT", ("28457", 1718409600000, 100.5, 0.1, False)),
    (CCXT | {"id": None, "timestamp": None}, "AAA/USDT",
     (0, "2024-06-15T00:00:00.000Z", 100.5, 0.1, False)),
    (CRYPTOFEED, "BTC-USD", ("7", 1617647603.42, "100.5", "0.1", True)),
]  # fmt: skip
TICKERS: list[tuple[object, str, tuple[Any, Any, Any, Any]]] = [
    ([1668, {"a": ["3", 35, "1"], "b": ["1", 185, "1"], "c": ["2", "1"], "v": ["8", "9"]},
      "ticker", "WAVES/EUR"], "WAVES/EUR", ("2", "1", "3", "9")),
    ({"channel": "ticker", "type": "update", "data": [
        {"symbol": "ALGO/USD", "bid": 1, "ask": 3, "last": 2, "volume": 9}]},
     "ALGO/USD", (2, 1, 3, 9)),
    ({"arg": {"channel": "tickers", "instId": "A-B"}, "data": [
        {"instId": "A-B", "last": "2", "bidPx": "1", "askPx": "3", "vol24h": "9", "ts": "1"}]},
     "A-B", ("2", "1", "3", "9")),
    ({"topic": "tickers.AB", "ts": 1, "data": {
        "symbol": "AB", "lastPrice": "2", "bid1Price": "1", "ask1Price": "3", "volume24h": "9"}},
     "AB", ("2", "1", "3", "9")),
    ({"channel": "spot.tickers", "event": "update", "time": 1, "result": {
        "currency_pair": "A_B", "last": "2", "highest_bid": "1", "lowest_ask": "3",
        "base_volume": "9"}}, "A_B", ("2", "1", "3", "9")),
    ({"jsonrpc": "2.0", "method": "subscription", "params": {"channel": "ticker.A-B.100ms",
      "data": {"instrument_name": "A-B", "last_price": 2, "best_bid_price": 1,
               "best_ask_price": 3, "stats": {"volume": 9}}}}, "A-B", (2, 1, 3, 9)),
    ({"symbol": "A/B", "timestamp": 1, "datetime": "x", "bid": 1, "ask": 3, "last": 2,
      "baseVolume": 9}, "A/B", (2, 1, 3, 9)),
    ({"exchange": "COINBASE", "symbol": "A-B", "bid": "1", "ask": "3", "timestamp": 1.5},
     "A-B", (None, "1", "3", None)),
    ({"stream": "!ticker@arr", "data": [
        {"e": "24hrTicker", "s": "AB", "c": "2", "b": "1", "a": "3", "v": "9"}]},
     "AB", ("2", "1", "3", "9")),
]  # fmt: skip
IGNORED: list[object] = [
    {"event": "heartbeat"},
    {"connectionID": 18239578009413566319, "event": "systemStatus", "status": "online"},
    {"channelID": 1, "channelName": "trade", "event": "subscriptionStatus", "pair": "A/B"},
    [1360, {"as": [["1", "2", "3"]], "bs": []}, "book-1000", "A/B"],
    [1920, {"a": [["1", "2", "3"]]}, {"b": [], "c": "4105471083"}, "book-1000", "SC/EUR"],
    [5, ["1", "2", "3", "4", "5", "6", "7", "8", 9], "ohlc-5", "XBT/USD"],
    {"channel": "heartbeat"},
    {"channel": "status", "type": "update", "data": [{"system": "online"}]},
    {"channel": "book", "type": "update", "data": [{"symbol": "A/B", "bids": []}]},
    {"method": "subscribe", "result": {"channel": "trade"}, "success": True, "time_in": "x"},
    {"event": "subscribe", "arg": {"channel": "trades", "instId": "A-B"}, "connId": "1"},
    {"event": "error", "code": "60012", "msg": "Illegal request"},
    {"arg": {"channel": "books", "instId": "A-B"}, "action": "update", "data": [{"asks": []}]},
    {"success": True, "ret_msg": "", "conn_id": "1", "req_id": "", "op": "subscribe"},
    {"topic": "orderbook.50.BTCUSDT", "type": "delta", "ts": 1, "data": {"s": "X", "b": []}},
    {"topic": "tickers.AB", "ts": 1, "data": {"symbol": "AB", "fundingRate": "0.1"}},
    {"event": "bts:subscription_succeeded", "channel": "live_trades_btcusd", "data": {}},
    {"event": "data", "channel": "diff_order_book_btcusd", "data": {"bids": [], "asks": []}},
    {"event": "info", "version": 2, "serverId": "x", "platform": {"status": 1}},
    {"event": "subscribed", "channel": "book", "chanId": 5, "symbol": "tBTCUSD"},
    [5, "hb"],
    [5, "tu", [1, 2, 3, 4]],
    {"type": "heartbeat", "timestamp": 1},
    {"type": "l2_updates", "symbol": "BTCUSD", "changes": [["buy", "1", "2"]]},
    {"type": "update", "socket_sequence": 1, "events": [{"type": "change", "side": "bid"}]},
    {"time": 1, "channel": "spot.trades", "event": "subscribe", "result": {"status": "success"}},
    {"time": 1, "channel": "spot.order_book", "event": "update", "result": {"bids": []}},
    {"jsonrpc": "2.0", "id": 1, "result": ["trades.BTC-PERPETUAL.raw"]},
    {"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "test_request"}},
    {"result": None, "id": 1},
    {"e": "markPriceUpdate", "E": 1, "s": "BTCUSDT", "p": "1"},
]


def read(*messages: object, channels: Channels | None = None) -> Recognised:
    return recognise(json.dumps(list(messages)).encode(), channels=channels)


@pytest.mark.parametrize(("message", "symbol", "values"), TRADES)
def test_the_first_trade_of_every_venue_has_its_values(
    message: object, symbol: str, values: tuple[Any, ...]
) -> None:
    for found in (read(message), recognise(json.dumps(message).encode())):
        (((name, _), trades),) = found.trades.items()
        first = trades.first_id, trades.time, trades.price, trades.size, trades.taker_buys
        assert name == symbol
        assert tuple(column[0] for column in first) == values
        assert (found.ignored, found.rejected) == (0, [])


@pytest.mark.parametrize(("message", "symbol", "values"), TICKERS)
def test_the_quote_of_every_venue_has_its_values(
    message: object, symbol: str, values: tuple[Any, ...]
) -> None:
    found = read(message)

    (ticker,) = found.tickers
    told = (ticker.price, ticker.bid, ticker.ask, ticker.volume_24h)
    assert (ticker.symbol, told) == (symbol, values)
    assert (found.ignored, found.rejected) == (0, [])


@pytest.mark.parametrize("message", IGNORED)
def test_what_is_no_trade_and_no_quote_is_ignored_and_fills_no_quarantine(message: object) -> None:
    found = read(message)

    assert (found.ignored, found.rejected, found.trades, found.tickers) == (1, [], {}, [])


@pytest.mark.parametrize("message", [*[m for m, *_ in TRADES], *[m for m, *_ in TICKERS], *IGNORED])
def test_no_message_is_claimed_by_two_venues(message: object) -> None:
    if isinstance(message, list) or message in (IGNORED[27], {"result": None, "id": 1}):
        return  # answers to a request look alike, and are ignored either way
    decoded = msgspec.json.decode(json.dumps(message), type=WireMessage)

    claims = [shapes for shapes in SHAPES if shapes.sort(Recognised(), 0, decoded)]

    assert len(claims) == 1


def test_two_venues_may_not_read_one_field_differently() -> None:
    class Other(msgspec.Struct):
        price: bool | None = None

    other = Shapes(Other, lambda found, index, message: False)

    with pytest.raises(TypeError, match="price"):
        join_fields((*SHAPES, other))


def test_what_the_exchange_settled_itself_is_no_market_trade_and_counted_by_reason() -> None:
    trade = {"e": "trade", "E": 1, "s": "AB", "t": 1, "p": "1", "q": "2", "T": 3, "m": True}
    internal = GATE_FUTURES["result"][0] | {"is_internal": True}  # type: ignore[index]

    found = read(
        trade | {"X": "MARKET"},
        trade | {"X": "INSURANCE_FUND"},
        trade | {"X": "ADL"},
        trade | {"X": "ADL"},
        GATE_FUTURES | {"result": [internal]},
    )

    assert sum(map(len, found.trades.values())) == 1
    assert found.ignored == 4
    assert found.ignored_for == {
        "no trade of the market: INSURANCE_FUND": 1,
        "no trade of the market: ADL": 2,
        "no trade of the market: is_internal": 1,
    }


def test_bitfinex_names_the_symbol_at_the_subscription_only() -> None:
    channels: Channels = {}
    subscribed = {"event": "subscribed", "channel": "trades", "chanId": 19, "symbol": "tBTCUSD"}
    executed = [19, "te", [1234, 1530000000000, -0.5, 7000.1]]

    before = read(executed, channels=channels)
    read(subscribed, channels=channels)
    after = read(executed, [19, [[1, 1530000000000, 2, 7000]]], [19, "hb"], channels=channels)

    assert "19, whose subscription" in before.rejected[0].reason
    trades = after.trades["BTCUSD", IdKind.TRADE]
    assert (trades.first_id, trades.size, trades.taker_buys) == ([1234, 1], [0.5, 2], [False, True])
    assert (after.ignored, after.rejected) == (1, [])


@pytest.mark.parametrize("extra", [{}, {"id": 5}, {"time": 1718409600}])
def test_a_trade_without_a_type_is_named_as_such(extra: dict[str, Any]) -> None:
    found = read({"symbol": "A-B", "price": "1", "size": "2"} | extra)

    assert found.ignored == 0
    assert 'no "type": "trade"' in found.rejected[0].reason


@pytest.mark.parametrize(
    "price", ["1" * 1_000_000, '"' + "1" * 1_000_000 + '"', '"' + "9" * 65 + '"', "1e999"]
)
def test_a_number_without_end_is_rejected_alone(price: str) -> None:
    trade = '{"type":"trade","symbol":"A-B","size":"1","price":%s}'
    body = f"[{trade % 1},{trade % price},{trade % 2}]"

    found = recognise(body.encode())

    assert found.trades["A-B", IdKind.NONE].index == [0, 2]
    assert [one.index for one in found.rejected] == [1]
    assert "price" in found.rejected[0].reason
    assert len(found.rejected[0].reason) < 200


@pytest.mark.parametrize("element", ["{}", "[]", "1", '"x"', "null", "[1]"])
def test_a_body_of_too_many_messages_is_refused_whole(element: str) -> None:
    body = ("[" + ",".join([element] * 2_000_000) + "]").encode()

    with pytest.raises(TooLarge, match="100,000 messages"):
        recognise(body)


def test_a_body_may_name_so_many_symbols_and_the_rest_is_rejected_by_index() -> None:
    trades = [
        {"type": "trade", "symbol": f"S{n}", "price": 1, "size": 1} for n in range(MOST_SYMBOLS + 2)
    ]

    found = read(*trades, trades[0])

    assert len(found.trades) == MOST_SYMBOLS
    assert [one.index for one in found.rejected] == [MOST_SYMBOLS, MOST_SYMBOLS + 1]
    assert found.trades["S0", IdKind.NONE].index == [0, MOST_SYMBOLS + 2]


def test_quotes_count_toward_the_symbols_that_a_body_may_name() -> None:
    quotes = [{"type": "ticker", "symbol": f"S{n}", "bid": 1} for n in range(MOST_SYMBOLS + 1)]
    trade = {"type": "trade", "symbol": "S0", "price": 1, "size": 1}

    found = read(*quotes, trade, trade | {"symbol": "T"})

    assert len(found.tickers) == MOST_SYMBOLS
    assert [one.index for one in found.rejected] == [MOST_SYMBOLS, MOST_SYMBOLS + 2]
    assert found.trades["S0", IdKind.NONE].index == [MOST_SYMBOLS + 1]


GEMINI_V1 = {
    "type": "update",
    "socket_sequence": 5,
    "eventId": 9,
    "timestampms": 1_718_409_600_000,
    "events": [
        {"type": "trade", "tid": 9, "price": "10.5", "amount": "0.25", "makerSide": "ask"},
        {"type": "change", "side": "ask", "price": "10.5", "remaining": "1", "delta": "-0.25"},
    ],
}


def test_a_trade_that_names_no_symbol_takes_that_of_its_address_or_is_refused_in_words() -> None:
    body = json.dumps([GEMINI_V1, GEMINI_V1 | {"symbol": "ETHUSD"}]).encode()

    named = recognise(body, symbol="BTCUSD")
    assert named.trades["BTCUSD", IdKind.TRADE].first_id == [9]
    assert named.trades["ETHUSD", IdKind.TRADE].first_id == [9]
    assert not named.rejected

    unnamed = recognise(body)
    assert unnamed.trades.keys() == {("ETHUSD", IdKind.TRADE)}
    assert [one.index for one in unnamed.rejected] == [0]
    assert "symbol= in the address" in unnamed.rejected[0].reason


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(sorted(WireMessage.__struct_fields__)) | st.text(max_size=3), inner
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4))
def test_every_message_is_counted_whatever_it_is(messages: list[object]) -> None:
    found = read(*messages)

    seen = {one.index for one in found.rejected} | {one.index for one in found.tickers}
    seen |= {index for trades in found.trades.values() for index in trades.index}
    assert len(seen) + found.ignored >= found.total


def test_every_venue_of_the_table_is_a_folder_of_its_own() -> None:
    assert len({venue.shapes.sort.__module__ for venue in VENUES}) == len(VENUES)


OTHERS = {
    "bitget": {
        "action": "snapshot", "arg": {"instType": "SPOT", "channel": "trade", "instId": "BTCUSDT"},
        "data": [{"ts": "1695709835822", "price": "26293.4", "size": "0.0013", "side": "buy"}],
    },
    "woo": {"topic": "SPOT_ADA_USDT@trade", "ts": 1618820361552,
            "data": {"symbol": "SPOT_ADA_USDT", "price": 1.27988, "size": 300, "side": "BUY"}},
    "bybit before v5": {"topic": "trade", "params": {"symbol": "BTCUSDT"},
                        "data": {"v": "1", "t": 1718409600000, "p": "1", "q": "2", "m": True}},
    "crypto.com": {"id": -1, "method": "subscribe", "code": 0, "result": {
        "subscription": "trade.BTC_USD", "channel": "trade",
        "data": [{"d": "1", "t": 1718409600000, "p": "1.5", "q": "2", "s": "buy"}]}},
    "bitflyer": {"jsonrpc": "2.0", "method": "channelMessage", "params": {
        "channel": "lightning_executions_BTC_JPY",
        "message": [{"id": 39361, "side": "SELL", "price": 35100, "size": 0.01}]}},
}  # fmt: skip


@pytest.mark.parametrize("venue", OTHERS)
def test_trades_of_a_venue_that_is_not_known_are_never_ignored_in_silence(venue: str) -> None:
    found = recognise(json.dumps(OTHERS[venue]).encode())
    assert (len(found.rejected), found.ignored, found.trades) == (1, 0, {})


def test_venues_that_send_by_turns_in_one_body_are_told_apart() -> None:
    turns = [OKX, BYBIT, BITSTAMP, GEMINI, OKX, OKX, OTHERS["bitget"], GATE, BYBIT, BYBIT]
    together = recognise(json.dumps(turns).encode())
    apart = [recognise(json.dumps(one).encode()) for one in turns]
    assert sum(map(len, together.trades.values())) == 9
    assert {key: trades.price for key, trades in together.trades.items()} == {
        key: [price for one in apart if key in one.trades for price in one.trades[key].price]
        for key in together.trades
    }
    assert [one.index for one in together.rejected] == [6]


EVENT = (
    b'{"e":"trade","E":1718409600123,"s":"AAAUSDT","t":12345,"p":"1.5","q":"2",'
    b'"T":1718409600100,"m":true,"M":true}'
)
STREAM = b'{"stream":"aaausdt@trade","data":' + EVENT + b"}"
CUTS = [cut for cut, sign in enumerate(STREAM) if sign in b'{}[],:"']


def _pieces(whole: bytes) -> st.SearchStrategy[bytes]:
    """Return texts that are one message, several, or parts that others might make whole."""
    cut = st.sampled_from([cut for cut in CUTS if cut < len(whole)])
    lists = whole.replace(b"true}", b"[1")
    return st.one_of(
        st.just(whole),
        st.just(whole + b"," + whole),
        st.just(whole + whole),
        st.just(whole.replace(b"AAA", b"},{")),
        st.sampled_from([lists, b"2]}", b"{}]}", b"{" + whole, whole + b"}", b"", b" ", b"{}"]),
        cut.map(lambda at: whole[:at]),
        cut.map(lambda at: whole[at:]),
        cut.map(lambda at: whole[:at] + b"}"),
        cut.map(lambda at: b"{" + whole[at:]),
    )


@settings(deadline=None)
@given(data=st.data(), whole=st.sampled_from([EVENT, STREAM]))
def test_texts_that_are_decoded_together_never_take_from_each_other(
    data: st.DataObject, whole: bytes
) -> None:
    for _ in range(3):
        decode(whole)
    assert decode_alike([whole] * 3) == decode(whole) * 3
    texts = data.draw(st.lists(_pieces(whole), max_size=6))
    together = decode_alike(texts)
    if together is not None:
        assert [[one] for one in together] == [decode(text) for text in texts]
    else:
        assert not texts or texts != [whole] * len(texts)
