"""The simulator's REST, as the exchanges' own documentation has it."""

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from tests.exchange_candles import START, Row, walk, write_candles, write_trades

HOUR = 3_600
ROWS = walk(1_500, outages=[(700, 705)])
TRADES = 2_500


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exchange")
    for platform, symbol in (("coinbase", "BTC-USD"), ("binance", "BTCUSDT")):
        write_candles(folder, platform, symbol, HOUR, ROWS)
        write_trades(folder, platform, symbol, TRADES)
    write_candles(folder, "binance", "ETHBTC", 300, walk(5, 300))
    return folder


@pytest.fixture(scope="module")
def http(data: Path) -> Iterator[httpx.Client]:
    with simulating(SimulatorOptions(data)) as url, httpx.Client(base_url=url) as client:
        yield client


def get(http: httpx.Client, path: str, **query: object) -> Any:
    answer = http.get(path, params=query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return answer.json()


def coinbase(rows: list[Row]) -> list[Row]:
    return [[t, low, high, o, c, v] for t, o, high, low, c, v in reversed(rows)]


def test_coinbase_lists_its_products_from_the_files(http: httpx.Client) -> None:
    products = get(http, "/products")

    assert [(p["id"], p["base_currency"], p["quote_currency"]) for p in products] == [
        ("BTC-USD", "BTC", "USD")
    ]
    assert get(http, "/products/BTC-USD") == products[0]
    assert [currency["id"] for currency in get(http, "/currencies")] == ["BTC", "USD"]
    assert get(http, "/currencies/BTC")["status"] == "online"


@pytest.mark.parametrize("written", ["2022-01-01T10:00:00.000Z", "1641031200", "2022-01-01T10:00"])
def test_coinbase_gives_a_range_newest_first_with_both_ends(
    http: httpx.Client, written: str
) -> None:
    found = get(
        http, "/products/BTC-USD/candles", granularity=HOUR, start=written, end=START + 12 * HOUR
    )

    assert found == coinbase(ROWS[10:13])


def test_coinbase_leaves_out_candles_that_never_were(http: httpx.Client) -> None:
    start = START + 690 * HOUR
    query = {"granularity": HOUR, "start": start, "end": start + 20 * HOUR}

    assert get(http, "/products/BTC-USD/candles", **query) == coinbase(ROWS[690:706])


def test_coinbase_gives_300_candles_and_refuses_more(http: httpx.Client) -> None:
    query = {"granularity": HOUR, "start": START}

    whole = get(http, "/products/BTC-USD/candles", **query, end=START + 299 * HOUR)
    brim = get(http, "/products/BTC-USD/candles", **query, end=START + 300 * HOUR)
    refused = http.get("/products/BTC-USD/candles", params={**query, "end": START + 301 * HOUR})

    assert whole == coinbase(ROWS[:300])
    assert brim == coinbase(ROWS[1:301])
    assert refused.status_code == 400
    assert "exceeds 300" in refused.json()["message"]


@pytest.mark.parametrize("query", [{}, {"start": START}, {"end": START}])
def test_coinbase_ignores_half_a_range_and_gives_the_newest(
    http: httpx.Client, query: dict[str, int]
) -> None:
    found = get(http, "/products/BTC-USD/candles", granularity=HOUR, **query)

    assert found == coinbase(ROWS[-300:])


def test_a_resolution_without_a_file_is_an_exchange_without_data(http: httpx.Client) -> None:
    assert get(http, "/products/BTC-USD/candles", granularity=60) == []
    assert get(http, "/api/v3/klines", symbol="BTCUSDT", interval="1m") == []


@pytest.mark.parametrize(
    ("path", "query", "status", "said"),
    [
        ("/products/NO-USD/candles", {}, 404, "NotFound"),
        ("/products/BTC-USD/candles", {"granularity": 1_800}, 400, "granularity"),
        ("/products/BTC-USD/candles", {"granularity": "x"}, 400, "granularity"),
        ("/products/BTC-USD/candles", {"start": "soon", "end": START}, 400, "start"),
        ("/products/BTC-USD/candles", {"start": START + 9, "end": START}, 400, "start"),
        ("/products/BTC-USD/trades", {"after": "x"}, 400, "after"),
        ("/currencies/XYZ", {}, 404, "NotFound"),
        ("/nowhere", {}, 404, "NotFound"),
        ("/", {}, 404, "NotFound"),
    ],
)
def test_coinbase_says_what_is_wrong(
    http: httpx.Client, path: str, query: dict[str, object], status: int, said: str
) -> None:
    answer = http.get(path, params=query)  # type: ignore[arg-type]

    assert answer.status_code == status
    assert said in answer.json()["message"]


def test_coinbase_trades_are_paged_by_cursor_to_the_first(http: httpx.Client) -> None:
    seen: list[int] = []
    query: dict[str, object] = {"limit": 400}
    while True:
        answer = http.get("/products/BTC-USD/trades", params=query)  # type: ignore[arg-type]
        ids = [trade["trade_id"] for trade in answer.json()]
        if not ids:
            break
        assert (answer.headers["CB-BEFORE"], answer.headers["CB-AFTER"]) == (
            str(ids[0]),
            str(ids[-1]),
        )
        seen += ids
        query["after"] = answer.headers["CB-AFTER"]

    assert seen == list(range(999 + TRADES, 999, -1))


def test_coinbase_trades_before_a_cursor_are_the_newer_ones(http: httpx.Client) -> None:
    newest = 999 + TRADES
    trades = get(http, "/products/BTC-USD/trades", before=newest - 3)

    assert [trade["trade_id"] for trade in trades] == [newest, newest - 1, newest - 2]


def test_both_exchanges_show_a_ticker_and_the_time(http: httpx.Client) -> None:
    ticker = get(http, "/products/BTC-USD/ticker")
    day = get(http, "/api/v3/ticker/24hr", symbol="BTCUSDT")

    assert float(ticker["price"]) == float(day["lastPrice"])
    assert ticker["trade_id"] == day["lastId"] == 999 + TRADES
    assert float(get(http, "/products/BTC-USD/stats")["last"]) == float(ticker["price"])
    assert get(http, "/api/v3/ticker/bookTicker", symbol="BTCUSDT")["bidPrice"] == day["bidPrice"]
    assert abs(get(http, "/time")["epoch"] * 1_000 - get(http, "/api/v3/time")["serverTime"]) < 9e3
    assert get(http, "/api/v3/ping") == {}


def test_binance_lists_its_symbols_and_no_derivatives(http: httpx.Client) -> None:
    symbols = get(http, "/api/v3/exchangeInfo")["symbols"]

    assert [(s["symbol"], s["baseAsset"], s["quoteAsset"]) for s in symbols] == [
        ("BTCUSDT", "BTC", "USDT"),
        ("ETHBTC", "ETH", "BTC"),
    ]
    assert get(http, "/fapi/v1/exchangeInfo")["symbols"] == []
    assert [
        price["symbol"] for price in get(http, "/api/v3/ticker/price", symbols='["ETHBTC"]')
    ] == ["ETHBTC"]


def binance_rows(found: list[list[Any]]) -> list[Row]:
    return [[row[0] // 1_000, *map(float, row[1:6])] for row in found]


def test_binance_gives_klines_from_a_start_across_an_outage(http: httpx.Client) -> None:
    start = (START + 690 * HOUR) * 1_000
    found = get(http, "/api/v3/klines", symbol="BTCUSDT", interval="1h", startTime=start, limit=30)

    assert binance_rows(found) == ROWS[690:720]
    assert found[0][6] == found[0][0] + HOUR * 1_000 - 1


def test_binance_gives_the_newest_klines_up_to_an_end(http: httpx.Client) -> None:
    query = {"symbol": "BTCUSDT", "interval": "1h"}
    end = (START + 99 * HOUR) * 1_000

    assert binance_rows(get(http, "/api/v3/klines", **query)) == ROWS[-500:]
    assert binance_rows(get(http, "/api/v3/klines", **query, limit=5_000)) == ROWS[-1_000:]
    assert binance_rows(get(http, "/api/v3/klines", **query, endTime=end, limit=3)) == ROWS[97:100]
    both = get(http, "/api/v3/klines", **query, startTime=START * 1_000, endTime=end)
    assert binance_rows(both) == ROWS[:100]


def test_binance_trades_are_read_from_an_id_on(http: httpx.Client) -> None:
    old = get(http, "/api/v3/historicalTrades", symbol="BTCUSDT", fromId=1_010, limit=5)
    new = get(http, "/api/v3/trades", symbol="BTCUSDT", limit=2)

    assert [trade["id"] for trade in old] == [1_010, 1_011, 1_012, 1_013, 1_014]
    assert [trade["id"] for trade in new] == [998 + TRADES, 999 + TRADES]


def test_binance_aggregates_hold_every_trade_once(http: httpx.Client) -> None:
    held: list[int] = []
    first = get(http, "/api/v3/aggTrades", symbol="BTCUSDT", startTime=START * 1_000, limit=1_000)
    while first:
        for row in first:
            held += range(row["f"], row["l"] + 1)
        first = get(
            http, "/api/v3/aggTrades", symbol="BTCUSDT", fromId=first[-1]["a"] + 1, limit=1_000
        )

    assert held == list(range(1_000, 1_000 + TRADES))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"symbol": "NOPE", "interval": "1h"}, -1121),
        ({"symbol": "BTCUSDT", "interval": "7m"}, -1120),
        ({"symbol": "BTCUSDT"}, -1102),
        ({"interval": "1h"}, -1102),
        ({"symbol": "BTCUSDT", "interval": "1h", "startTime": "x"}, -1100),
        ({"symbol": "BTCUSDT", "interval": "1h", "limit": 0}, -1130),
    ],
)
def test_binance_says_what_is_wrong(
    http: httpx.Client, query: dict[str, object], code: int
) -> None:
    answer = http.get("/api/v3/klines", params=query)  # type: ignore[arg-type]

    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    ("path", "body"),
    [("/products", {"message"}), ("/api/v3/exchangeInfo", {"code", "msg"})],
)
def test_faults_answer_in_the_exchanges_own_form(data: Path, path: str, body: set[str]) -> None:
    for fault in ("429@1", "500@1"):
        with simulating(SimulatorOptions(data, fault=fault)) as url:
            answer = httpx.get(url + path)
        assert answer.status_code == int(fault[:3])
        assert answer.json().keys() == body


def test_a_drop_cuts_the_connection_without_an_answer(data: Path) -> None:
    with (
        simulating(SimulatorOptions(data, fault="drop@1")) as url,
        pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)),
    ):
        httpx.get(url + "/products")


def test_the_same_seed_fails_the_same_requests(data: Path) -> None:
    def statuses() -> list[int]:
        options = SimulatorOptions(data, fault="429@0.3,500@0.3", seed=11)
        with simulating(options) as url, httpx.Client(base_url=url) as http:
            return [http.get("/time").status_code for _ in range(30)]

    first = statuses()

    assert first == statuses()
    assert set(first) == {200, 429, 500}


def test_a_shifted_market_ends_now_grows_and_goes_on(data: Path) -> None:
    options = SimulatorOptions(data, shift_to_now=True, speed=3_600)
    with simulating(options) as url, httpx.Client(base_url=url) as http:
        path = "/products/BTC-USD/candles"
        seen: dict[int, list[Row]] = {}
        while len(seen) < 4:
            now = get(http, "/time")["epoch"]
            newest = get(http, path, granularity=HOUR)
            assert get(http, "/time")["epoch"] - newest[0][0] >= 0
            assert now - newest[0][0] < HOUR
            seen.setdefault(newest[0][0], []).append(newest[0])
        history = newest[10:]

    assert sorted(seen) == list(range(min(seen), max(seen) + 1, HOUR))
    for versions in seen.values():
        volumes = [row[5] for row in versions]
        assert volumes == sorted(volumes)
    moved = {tuple(row[1:]): row[0] for row in coinbase(ROWS)}
    shifts = {row[0] - moved[tuple(row[1:])] for row in history}
    assert len(shifts) == 1
    assert shifts.pop() % HOUR == 0


def test_a_wrong_clock_shows_in_the_time_and_the_date(data: Path) -> None:
    with simulating(SimulatorOptions(data, clock_offset_s=3_600)) as url:
        answer = httpx.get(url + "/time")

    dated = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert answer.json()["epoch"] - time.time() == pytest.approx(3_600, abs=10)
    assert dated - time.time() == pytest.approx(3_600, abs=10)
