"""Candles, prices and markets by the names that users say, each field as source 004 has it."""

from typing import Any

import numpy as np
import pytest

from api.app import Application
from core.clock.resolutions import DAY
from core.clock.times import format_time, now_ms
from core.series import CandleFlag, Market, Series
from storage.access.access_keys import SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.candles.candle_columns import Candles
from storage.live.traded_markets import TradedMarkets
from storage.stores import Stores
from storage.trades.tickers import Ticker, TickerStore
from tests.integration.api.conftest import Api
from tests.integration.api.robots.shape_text import Shape
from tests.integration.api.work import START, hold_candles
from tests.route_table import described_as

SHAPES = {
    "GET /api/ohlcv": """{bars:[{timestamp:iso, open:float, high:float, low:float, close:float,
        volume:float, flags:[str]}], symbol:str, timeframe:str, count:int, platform:str,
        next_cursor:str|null, folded_from:str|null, last_candle:iso|null}""",
    "GET /api/snapshot/{symbol}": """{symbol:str, bid:float, ask:float, last_price:float,
        timestamp:str, daily_change:float|null, daily_change_pct:float|null, platform:str,
        quote:live|modelled, age_s:float, stale:bool, closed:bool}""",
    "GET /api/symbols": """{symbols:[str], details:[{symbol:str, platform:str, raw:str, held:bool,
        timeframes:[str], first:iso|null, last:iso|null, quotes:bool}]}""",
}
SYNCED = """{status:completed, rows_synced:int, fetched:int, gaps:[[str]], task_id:str,
    platform:str, timeframe:str}"""
ERROR = "{error:str, detail:str, timestamp:str, request_id:str}"


async def get(api: Api, path: str, status: int = 200, **params: Any) -> Any:
    answer = await api("GET", path, params=params)
    assert answer.status_code == status, answer.text
    shape = ERROR
    if status == 200:
        name = next(name for name in SHAPES if path.startswith(name[4:].partition("{")[0]))
        shape = SHAPES[name]
    assert list(Shape.parse(shape).problems(answer.json)) == []
    return answer.json


def hold_now(stores: Stores, series: Series, count: int, price: float = 2_350.0) -> int:
    """Store candles up to the one under way; returns its opening (s)."""
    last = now_ms() // 1_000 // series.resolution * series.resolution
    opened = last - np.arange(count - 1, -1, -1, dtype=np.int64) * series.resolution
    close = price + np.arange(count) % 7 / 10
    flags = np.zeros(count, np.int64)
    flags[-1] = CandleFlag.PARTIAL
    volume = np.full(count, 2.5)
    columns = (close, close + 1, close - 1, close, volume, np.full(count, -1), flags)
    stores.candles.write(series, Candles(opened, *columns))
    return last


async def test_the_newest_bars_come_first_in_time_and_lead_back_page_by_page(
    api: Api, stores: Stores
) -> None:
    hold_candles(stores, 50)
    page = await get(api, "/api/ohlcv", symbol="BTCUSD", timeframe="1h", limit=20)
    assert (page["symbol"], page["timeframe"], page["count"]) == ("BTCUSD", "1h", 20)
    assert (page["platform"], page["folded_from"]) == ("coinbase", None)
    assert (
        page["last_candle"]
        == page["bars"][-1]["timestamp"]
        == format_time((START + 49 * 3_600) * 1_000)
    )
    found = page["bars"]
    while page["next_cursor"]:
        page = await get(
            api, "/api/ohlcv", symbol="BTCUSD", timeframe="H1", limit=20,
            cursor=page["next_cursor"],
        )  # fmt: skip
        found = page["bars"] + found
    hours = [format_time((START + n * 3_600) * 1_000) for n in range(50)]
    assert [bar["timestamp"] for bar in found] == hours


async def test_with_a_start_bars_come_from_there_and_the_end_is_excluded(
    api: Api, stores: Stores
) -> None:
    hold_candles(stores, 50)
    asked: dict[str, Any] = {"symbol": "btc/usd", "timeframe": "1h", "limit": 4}
    span = {"start": START + 3_600, "end": format_time((START + 8 * 3_600) * 1_000)}
    first = await get(api, "/api/ohlcv", **asked, **span)
    rest = await get(api, "/api/ohlcv", **asked, **span, cursor=first["next_cursor"])
    times = [bar["timestamp"] for bar in first["bars"] + rest["bars"]]
    assert times == [format_time((START + n * 3_600) * 1_000) for n in range(1, 8)]
    assert rest["next_cursor"] is None
    turned = await get(api, "/api/ohlcv", **asked, **span, order="desc")
    assert turned["bars"] == first["bars"][::-1]
    empty = await get(api, "/api/ohlcv", **asked, start=0, end=1)
    assert (empty["bars"], empty["count"]) == ([], 0)


async def test_an_unfinished_bar_is_told_only_where_it_is_asked_for(
    api: Api, stores: Stores
) -> None:
    hold_candles(stores, 5, last_flag=int(CandleFlag.PARTIAL))
    asked: dict[str, Any] = {"symbol": "BTC-USD", "timeframe": "1h"}
    assert (await get(api, "/api/ohlcv", **asked))["count"] == 4
    every = await get(api, "/api/ohlcv", **asked, include_partial="true")
    assert every["bars"][-1]["flags"] == ["partial"]


async def test_a_timeframe_that_is_not_held_is_made_of_shorter_candles(
    api: Api, stores: Stores
) -> None:
    hold_candles(stores, 24 * 30)
    made = await get(api, "/api/ohlcv", symbol="BTCUSD", timeframe="4h", limit=3)
    assert made["folded_from"] == "1h"
    held = stores.candles.read(Series("coinbase", "BTC-USD", 3_600))
    for bar in made["bars"]:
        opened = np.datetime64(bar["timestamp"][:-1]).astype("M8[s]").astype(int)
        parts = held.take((held.time >= opened) & (held.time < opened + 14_400))
        assert opened % 14_400 == 0
        assert (bar["open"], bar["close"]) == (parts.open[0], parts.close[-1])
        assert (bar["high"], bar["low"]) == (parts.high.max(), parts.low.min())
        assert (bar["volume"], bar["flags"]) == (10.0, [])


@pytest.mark.parametrize(
    ("params", "status", "named"),
    [
        ({"symbol": "BTCUSX", "timeframe": "1h"}, 404, "Nearest: BTCUSD"),
        ({"symbol": "BTCUSD", "timeframe": "1m"}, 404, "coinbase:BTC-USD:3600"),
        ({"symbol": "EURUSD", "timeframe": "1h"}, 400, "file, mt5"),
        ({"symbol": "BTCUSD", "timeframe": "7m"}, 400, "timeframe"),
        ({"symbol": "BTCUSD"}, 400, "timeframe"),
        ({"timeframe": "1h"}, 400, "symbol"),
        ({"symbol": "BTCUSD", "timeframe": "1h", "limit": "0"}, 400, "limit"),
        ({"symbol": "BTCUSD", "timeframe": "1h", "limit": "10001"}, 400, "limit"),
        ({"symbol": "BTCUSD", "timeframe": "1h", "start": "5", "end": "4"}, 400, "start"),
        ({"symbol": "BTCUSD", "timeframe": "1h", "start": "soon"}, 400, "start"),
        ({"symbol": "BTCUSD", "timeframe": "1h", "cursor": "x"}, 400, "cursor"),
        ({"symbol": "BTCUSD", "timeframe": "1h", "colour": "x"}, 400, "colour"),
        ({"symbol": "BTCUSD", "timeframe": "1h", "platform": "mt5"}, 404, "mt5"),
    ],
)
async def test_what_is_wrong_with_a_question_is_a_400_or_404_that_says_so(
    api: Api, stores: Stores, params: dict[str, str], status: int, named: str
) -> None:
    hold_candles(stores, 3)
    for platform in ("file", "mt5"):
        hold_candles(stores, 3, Series(platform, "EURUSD", 3_600))
    error = await get(api, "/api/ohlcv", status, **params)
    assert named in error["detail"]


async def test_a_snapshot_tells_the_live_quote_and_the_change_since_midnight(
    api: Api, stores: Stores
) -> None:
    now = now_ms()
    midnight = now // (DAY * 1_000) * DAY * 1_000
    tickers = [Ticker("XAUUSD", midnight - 1_000, 2_345.0, 2_344.75, 2_345.25)]
    tickers += [Ticker("XAUUSD", max(now - 500, midnight), 2_350.5, 2_350.25, 2_350.75)]
    TickerStore(stores.redis).write("mt5", tickers)
    TradedMarkets(stores.redis).note([Market("mt5", "XAUUSD")])
    found = await get(api, "/api/snapshot/XAUUSD")
    assert (found["bid"], found["ask"], found["last_price"]) == (2_350.25, 2_350.75, 2_350.5)
    assert (found["daily_change"], found["daily_change_pct"]) == (5.5, 0.2345)
    assert (found["quote"], found["stale"], found["platform"]) == ("live", False, "mt5")
    assert found["age_s"] < 60


async def test_without_quotes_they_are_modelled_by_the_markets_spread(
    api: Api, stores: Stores
) -> None:
    hold_now(stores, Series("file", "XAUUSD", 900), 200)
    put = await api("PUT", "/markets/file/XAUUSD", json={"costs": {"spread_bps": 2.0}, "digits": 2})
    assert put.status_code == 200
    found = await get(api, "/api/snapshot/xau%2Fusd")
    assert (found["quote"], found["symbol"]) == ("modelled", "xau/usd")
    assert found["ask"] - found["bid"] == pytest.approx(found["last_price"] * 2e-4, abs=0.01)
    assert isinstance(found["daily_change"], float)


async def test_an_old_price_is_stale_and_no_price_is_not_found(api: Api, stores: Stores) -> None:
    hold_candles(stores, 100)
    found = await get(api, "/api/snapshot/BTCUSD")
    assert (found["stale"], found["closed"], found["quote"]) == (True, False, "modelled")
    # Months lack since then: nothing of that is the change of this day.
    assert (found["daily_change"], found["daily_change_pct"]) == (None, None)
    TradedMarkets(stores.redis).note([Market("x", "SOLUSD")])
    assert "No price" in (await get(api, "/api/snapshot/SOLUSD", 404))["detail"]
    assert "Nearest" in (await get(api, "/api/snapshot/BTCUSX", 404))["detail"]


async def test_symbols_are_those_held_and_before_any_those_that_most_ask_for(
    api: Api, stores: Stores
) -> None:
    before = await get(api, "/api/symbols")
    assert set(before["symbols"]) == {"XAUUSD", "EURUSD", "GBPUSD", "BTCUSD", "ETHUSD"}
    assert not any(one["held"] for one in before["details"])
    hold_candles(stores, 3)
    hold_candles(stores, 3, Series("file", "XAUUSD", 900))
    hold_candles(stores, 3, Series("file", "XAUUSD", 60))
    after = await get(api, "/api/symbols")
    assert after["symbols"] == ["BTCUSD", "XAUUSD"]
    gold = after["details"][1]
    assert (gold["platform"], gold["raw"], gold["held"]) == ("file", "XAUUSD", True)
    assert (gold["timeframes"], gold["quotes"]) == (["1m", "15m"], False)
    assert (gold["first"], gold["last"]) == tuple(
        format_time(at * 1_000) for at in (START, START + 1_800)
    )


async def test_a_subscriber_sees_the_markets_and_timeframes_of_the_plan(
    api: Api, stores: Stores
) -> None:
    for platform, symbol in (("coinbase", "BTC-USD"), ("mt5", "XAUUSD")):
        for length in (900, 3_600):
            hold_candles(stores, 9, Series(platform, symbol, length))
    account = stores.accounts.create(NewAccount(user_name="robot"), "basic")
    key = stores.keys.create(SUBSCRIBER, "robot", account_id=account.id)[0]

    async def ask(path: str, **params: str) -> int:
        answer = await api.bare("GET", path, params=params, headers={"X-API-Key": key})
        return int(answer.status_code)

    assert await ask("/api/ohlcv", symbol="XAUUSD", timeframe="1h") == 200
    assert await ask("/api/ohlcv", symbol="XAUUSD", timeframe="15m") == 403
    assert await ask("/api/ohlcv", symbol="BTCUSD", timeframe="1h") == 403
    assert await ask("/api/snapshot/XAUUSD") == 200
    assert await ask("/api/snapshot/BTCUSD") == 403
    shown = await api.bare("GET", "/api/symbols", headers={"X-API-Key": key})
    assert shown.json["symbols"] == ["XAUUSD"]
    for path, params in (
        ("/api/snapshot/BTCUSX", {}),
        ("/api/ohlcv", {"symbol": "BTCUSX", "timeframe": "1h"}),
        ("/api/ohlcv", {"symbol": "XAUUSD", "timeframe": "1d", "platform": "file"}),
    ):
        near = await api.bare("GET", path, params=params, headers={"X-API-Key": key})
        assert near.status_code == 404
        assert "BTC" not in near.json["detail"].replace("BTCUSX", "")
        assert "900" not in near.json["detail"]


async def test_before_1970_there_are_no_bars(api: Api, stores: Stores) -> None:
    hold_candles(stores, 9)
    for timeframe in ("1h", "4h"):
        for end in ("0", "1970-01-01T00:00:00Z"):
            found = await get(api, "/api/ohlcv", symbol="BTCUSD", timeframe=timeframe, end=end)
            assert (found["bars"], found["next_cursor"]) == ([], None)


async def test_first_candles_are_seen_at_once(api: Api, stores: Stores) -> None:
    await get(api, "/api/snapshot/BTCUSD", 404)
    hold_candles(stores, 3)
    await get(api, "/api/snapshot/BTCUSD")
    await get(api, "/api/ohlcv", symbol="BTCUSD", timeframe="1h")


async def test_what_is_documented_has_the_same_shapes(app: Application, api: Api) -> None:
    document = (await api("GET", "/openapi.json")).json
    problems = set()
    shapes = {**SHAPES, "POST /api/sync/{symbol}": SYNCED}
    assert set(shapes) - {"GET /health"} == described_as("data", document)
    for name, text in shapes.items():
        method, template = name.split()
        described = document["paths"][template][method.lower()]["responses"]
        assert "422" not in described or method == "POST"
        schema = described["200"]["content"]["application/json"]["schema"]
        parts = document["components"]["schemas"]
        problems |= {f"{name} {p}" for p in Shape.parse(text).schema_problems(schema, parts)}
    assert problems == set()
