"""The simulator's messages have the fields, and kinds of values, that the exchanges send.

The examples have the exchanges' fields, as their documentation and recordings show
them, with values of our own.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from feeds.binance.simulator import messages as binance
from feeds.coinbase.simulator import messages as coinbase
from feeds.simulator.candle_tape import Candle
from feeds.simulator.catalog import Product, open_products
from feeds.simulator.day_stats import day_stats
from feeds.simulator.market_clock import MarketClock
from feeds.trade_files import Trade
from tests.exchange_candles import walk, write_candles, write_trades

MATCH = """{"type":"match","trade_id":10,"maker_order_id":"00000000-0000-0000-0000-000000000001",
"taker_order_id":"00000000-0000-0000-0000-000000000002","side":"sell","size":"1.5",
"price":"100.05","product_id":"BTC-USD","sequence":50,"time":"2022-01-01T00:00:00.089723Z"}"""
TICKER = """{"type":"ticker","sequence":50,"product_id":"BTC-USD","price":"100.05",
"open_24h":"99.1","volume_24h":"9000.5","low_24h":"98.2","high_24h":"101.3",
"volume_30d":"270000.5","best_bid":"100.04","best_bid_size":"1.0","best_ask":"100.06",
"best_ask_size":"1.0","side":"buy","time":"2022-01-01T00:00:00.244075Z","trade_id":10,
"last_size":"0.04"}"""
HEARTBEAT = """{"type":"heartbeat","sequence":50,"last_trade_id":10,"product_id":"BTC-USD",
"time":"2022-01-01T00:00:00.464459Z"}"""
REST_TRADE = """{"trade_id":10,"side":"sell","size":"1.5","price":"100.05",
"time":"2022-01-01T00:00:00.710679Z"}"""
REST_TICKER = """{"ask":"100.06","bid":"100.04","volume":"9000.5","trade_id":10,
"price":"100.05","size":"1.5","time":"2022-01-01T00:00:00.270099Z","rfq_volume":"7.6"}"""
TRADE = """{"e":"trade","E":1640995200001,"s":"BTCUSDT","t":10,"p":"100.05000000",
"q":"1.50000000","T":1640995200000,"m":true,"M":true}"""
AGGREGATE = """{"e":"aggTrade","E":1640995200001,"s":"BTCUSDT","a":5,"p":"100.05000000",
"q":"1.50000000","f":10,"l":11,"T":1640995200000,"m":false,"M":true}"""
KLINE = """{"e":"kline","E":1640995201000,"s":"BTCUSDT","k":{"t":1640995200000,"T":1640995259999,
"s":"BTCUSDT","i":"1m","f":10,"L":11,"o":"100.00000000","c":"100.05000000",
"h":"101.00000000","l":"99.00000000","v":"9.50000000","n":2,"x":false,"q":"950.00000000",
"V":"0.00000000","Q":"0.00000000","B":"0"}}"""
BOOK = """{"u":50,"s":"BTCUSDT","b":"100.04000000","B":"2.00000000","a":"100.06000000",
"A":"3.00000000"}"""
DAY = """{"e":"24hrTicker","E":1640995200000,"s":"BTCUSDT","p":"0.95","P":"0.96","w":"99.5",
"x":"99.1","c":"100.05","Q":"1","b":"100.04","B":"2","a":"100.06","A":"3","o":"99.1",
"h":"101.3","l":"98.2","v":"9000","q":"900000","O":0,"C":86400000,"F":1,"L":10,"n":10}"""
MINI = """{"e":"24hrMiniTicker","E":1640995200000,"s":"BTCUSDT","c":"100.05","o":"99.1",
"h":"101.3","l":"98.2","v":"9000","q":"900000"}"""
KLINE_ROW = """[1640995200000,"100.00000000","101.00000000","99.00000000","100.05000000",
"9.50000000",1640995259999,"950.00000000",2,"5.00000000","500.00000000","0"]"""
REST_AGGREGATE = """{"M":true,"T":1640995200000,"a":5,"f":10,"l":11,"m":true,
"p":"100.05000000","q":"1.50000000"}"""
BINANCE_TRADE = """{"id":10,"isBestMatch":true,"isBuyerMaker":false,"price":"100.05000000",
"qty":"1.50000000","quoteQty":"150.07500000","time":1640995200000}"""

TAKEN = Trade(7, 1_710_327_617_710, "73271.63", "0.5", "buy")
CANDLE = Candle(1_710_327_600, 73_243.33, 73_402.47, 73_241.5, 73_370.65, 1.56794406, True)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Product:
    folder = tmp_path_factory.mktemp("data")
    write_candles(folder, "coinbase", "BTC-USD", 300, walk(3, 300))
    write_trades(folder, "coinbase", "BTC-USD", 3)
    return open_products(folder, "coinbase", MarketClock())["BTC-USD"]


def shape(value: Any) -> Any:
    """Return the fields and kinds of a message."""
    if isinstance(value, dict):
        return {name: shape(field) for name, field in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else type(value).__name__


def test_messages_look_like_the_exchanges_own(product: Product) -> None:
    stats = day_stats(product)
    assert stats
    pairs = [
        (coinbase.match_message(product, TAKEN), MATCH),
        (coinbase.ticker_message(product, stats), TICKER),
        (coinbase.heartbeat_message(product, TAKEN, 5), HEARTBEAT),
        (coinbase.trade_row(TAKEN), REST_TRADE),
        (coinbase.ticker_body(product, stats), REST_TICKER),
        (binance.trade_message(product, TAKEN), TRADE),
        (binance.aggregate_message(product, 1, [TAKEN]), AGGREGATE),
        (binance.kline_message(product, CANDLE, 60, 5), KLINE),
        (binance.book_message(product, stats), BOOK),
        (binance.day_message(product, stats), DAY),
        (binance.mini_day_message(product, stats), MINI),
        (binance.kline_row(CANDLE, 60), KLINE_ROW),
        (binance.aggregate_row(1, [TAKEN]), REST_AGGREGATE),
        (binance.trade_row(TAKEN), BINANCE_TRADE),
    ]
    for ours, theirs in pairs:
        assert shape(msgspec.json.decode(msgspec.json.encode(ours))) == shape(json.loads(theirs))


def test_coinbase_names_the_makers_side_and_its_ticker_the_takers(product: Product) -> None:
    stats = day_stats(product)
    assert stats
    taker = product.last_trade()
    assert taker

    assert coinbase.trade_row(taker)["side"] != taker.side
    assert coinbase.match_message(product, taker)["side"] != taker.side
    assert coinbase.ticker_message(product, stats)["side"] == taker.side


def test_binance_marks_a_buyer_who_was_the_maker(product: Product) -> None:
    assert binance.trade_message(product, TAKEN)["m"] is False
    assert binance.trade_message(product, TAKEN._replace(side="sell"))["m"] is True


def test_coinbase_writes_candles_as_time_low_high_open_close_volume() -> None:
    assert coinbase.candle_row(CANDLE) == [
        1_710_327_600, 73_241.5, 73_402.47, 73_243.33, 73_370.65, 1.56794406,
    ]  # fmt: skip


def test_an_aggregate_adds_up_its_trades_and_names_the_first_and_last() -> None:
    row = binance.aggregate_row(5, [TAKEN, TAKEN._replace(trade_id=8, size="0.25")])

    assert (row["a"], row["f"], row["l"], row["q"]) == (5, 7, 8, "0.75000000")


def test_the_last_trade_took_one_side_of_a_spread_of_a_tick(product: Product) -> None:
    stats = day_stats(product)
    last = product.last_trade()
    assert stats
    assert last

    assert stats.ask - stats.bid == pytest.approx(0.01)
    assert (stats.ask if last.side == "buy" else stats.bid) == pytest.approx(float(last.price))


def test_a_product_of_candles_alone_has_a_ticker_too(tmp_path: Path) -> None:
    rows = walk(400, 300)
    write_candles(tmp_path, "coinbase", "BTC-USD", 300, rows)

    stats = day_stats(open_products(tmp_path, "coinbase", MarketClock())["BTC-USD"])

    day = rows[-288:]
    assert stats
    assert (stats.open, stats.last) == (day[0][1], day[-1][4])
    assert (stats.high, stats.low) == (max(r[2] for r in day), min(r[3] for r in day))
    assert stats.volume == pytest.approx(sum(row[5] for row in day))
    assert stats.time == (rows[-1][0] + 300) * 1_000
