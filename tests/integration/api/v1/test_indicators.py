"""`GET /api/v1/indicators` with a real worker behind it."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np
import pytest
import talib
from falcon.testing import ASGIConductor

from api.app import create_app
from core.clock.times import now_ms
from core.series import CandleFlag, Series
from core.settings import Settings
from storage.candles.candle_columns import Candles
from storage.trades.stream_stores import open_stream_stores
from tasks.trades.enqueue_stream import EnqueueStream
from tests.integration.api.conftest import Api
from tests.integration.tasks.jobs.workbench import Workbench

BTC = Series("coinbase", "BTC-USD", 300)
ROUTE = "/api/v1/indicators"
library: Any = talib


def made(count: int, end: int | None = None, seed: int = 3) -> Candles:
    """Return candles of five minutes, the last of which opened just now or at `end`."""
    random = np.random.default_rng(seed)
    last = (end or now_ms() // 1_000) // 300 * 300
    time = last - 300 * np.arange(count - 1, -1, -1, dtype=np.int64)
    close = np.round(30_000 * np.exp(np.cumsum(random.normal(0, 0.002, count))), 2)
    opening = np.concatenate(([30_000.0], close[:-1]))
    high, low = np.maximum(opening, close) + 5, np.minimum(opening, close) - 5
    flags = np.zeros(count, np.int64)
    flags[-1] = CandleFlag.PARTIAL
    volume = np.round(random.gamma(2, 50, count), 4)
    return Candles(time, opening, high, low, close, volume, np.full(count, -1), flags)


@pytest.fixture(scope="module")
def bench(
    redis_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workbench]:
    """An installation with a worker of the queue predict, and candles."""
    own = {
        "data_dir": tmp_path_factory.mktemp("indicators"),
        "redis_url": redis_settings.redis_address,
    }
    bench = Workbench(redis_settings.model_copy(update=own))
    bench.stores.redis.flushall()
    bench.stores.candles.write(BTC, made(5_000))
    bench.worker("-Q", "predict", "-P", "threads", "-c", "2", app="tasks.main", name="worker")
    yield bench
    bench.close()


@pytest.fixture
async def api(bench: Workbench) -> AsyncIterator[Api]:
    """A caller of an application on that installation."""
    stream = open_stream_stores(bench.settings, bench.stores.redis)
    sender = EnqueueStream(bench.celery, stream.intake)
    app = create_app(bench.stores, stream, bench.enqueue, sender, bench.settings)
    async with ASGIConductor(app) as conductor:
        yield Api(conductor, bench.stores.keys.create("owner", "test")[0])


async def test_the_values_are_those_of_ta_lib_over_all_candles(api: Api, bench: Workbench) -> None:
    answer = await api("GET", f"{ROUTE}?symbol=BTC-USD")
    assert answer.status_code == 200
    body = answer.json
    assert body["success"] is True
    assert body["metadata"]["request_id"] == answer.headers["X-Request-ID"]
    assert body["metadata"]["latency_ms"] > 0
    assert isinstance(body["metadata"]["latency_ms"], int)
    data, candles = body["data"], bench.stores.candles.read(BTC)
    shown = data["indicators"]
    assert data["price"] == candles.close[-1]
    assert shown["rsi_14"] == pytest.approx(library.RSI(candles.close, 14)[-1], rel=1e-9)
    atr = library.ATR(candles.high, candles.low, candles.close, 14)[-1]
    assert shown["volatility"]["atr_14"] == pytest.approx(atr, rel=1e-9)
    assert data["summary"].keys() == {"trend", "momentum", "volatility"}
    told = data["input"]
    assert told | {"last_time": "", "as_of": "", "age": 0} == {
        "last_time": "", "candles": 500, "gaps": [], "partial": True, "stale": False,
        "as_of": "", "age": 0, "hole": None,
    }  # fmt: skip
    assert told["as_of"] == told["last_time"]
    assert 0 <= told["age"] < 300 + 60


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("rsi_14", {"rsi_14": ...}),
        ("macd", {"macd": {"line", "signal", "histogram"}}),
        ("sma_20, ema_12", {"moving_averages": {"sma_20", "ema_12"}}),
        ("macd.line,volume,rsi_14",
         {"rsi_14": ..., "macd": {"line"}, "volume": {"current", "avg_20", "ratio", "mfi_14"}}),
    ],
)  # fmt: skip
async def test_groups_values_and_paths_may_be_asked_for(
    api: Api, asked: str, shown: dict[str, Any]
) -> None:
    data = (await api("GET", ROUTE, params={"symbol": "BTC-USD", "indicators": asked})).json["data"]
    found = {n: set(v) if isinstance(v, dict) else ... for n, v in data["indicators"].items()}
    assert found == shown
    assert data["summary"]["trend"]


async def test_what_is_not_there_is_a_400_that_names_the_field_and_what_it_may_be(
    api: Api,
) -> None:
    for asked, field, choice in (
        ("symbol=XYZUSDT", "symbol", "BTC-USD"),
        ("symbol=BTC-USD&indicators=rsi_15", "indicators", "rsi_14"),
        ("symbol=BTC-USD&resolution=7m", "resolution", "5m"),
        ("symbol=B%20", "symbol", None),
        ("", "symbol", None),
        ("symbol=BTC-USD&horizon=6", "horizon", None),
    ):
        answer = await api("GET", f"{ROUTE}?{asked}")
        assert answer.status_code == 400, asked
        body = answer.json
        assert body["success"] is False
        assert body["error"]["code"] == "VALIDATION_ERROR"
        assert body["error"]["details"]["field"] == field
        assert choice is None or choice in body["error"]["details"]["valid_values"]
        assert body["metadata"].keys() == {"request_id", "timestamp"}


async def test_few_candles_give_null_with_a_reason(api: Api, bench: Workbench) -> None:
    bench.stores.candles.write(Series("coinbase", "NEW-USD", 300), made(18))
    data = (await api("GET", f"{ROUTE}?symbol=NEW-USD")).json["data"]
    assert data["indicators"]["rsi_14"] is not None
    assert data["indicators"]["moving_averages"] == dict.fromkeys(
        ("sma_20", "sma_50", "ema_26")
    ) | {"ema_12": data["indicators"]["moving_averages"]["ema_12"]}
    assert "20 candles are needed, 18 are held" in data["reasons"]["moving_averages.sma_20"]
    assert data["summary"]["trend"] is None
    only = await api("GET", f"{ROUTE}?symbol=NEW-USD&indicators=sma_20")
    assert {k for k in only.json["data"]["reasons"] if "." in k and "summary" not in k} == {
        "moving_averages.sma_20"
    }


async def test_old_and_gappy_candles_are_said_to_be_so(api: Api, bench: Workbench) -> None:
    candles = made(700, end=1_700_000_000)
    kept = np.ones(700, bool)
    kept[650:653] = False
    bench.stores.candles.write(Series("coinbase", "OLD-USD", 300), candles.take(kept))
    told = (await api("GET", f"{ROUTE}?symbol=OLD-USD")).json["data"]["input"]
    assert told["stale"] is True
    assert len(told["gaps"]) == 1


async def test_who_does_not_wait_gets_a_task_with_the_same_result(
    api: Api, bench: Workbench
) -> None:
    answer = await api("GET", f"{ROUTE}?symbol=BTC-USD", headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    assert answer.headers["Preference-Applied"] == "respond-async"
    job = bench.ended(bench.stores.jobs.get(answer.json["task_id"]))
    assert job.result
    assert job.result["indicators"]["rsi_14"]


async def test_a_question_leaves_nothing_behind(api: Api, bench: Workbench) -> None:
    before = bench.stores.jobs.list()[1]
    await api("GET", f"{ROUTE}?symbol=BTC-USD")
    assert bench.stores.jobs.list()[1] == before
    names = {name.decode().split(":")[0] for name in bench.stores.redis.keys("*")}
    assert not {name for name in names if "answer" in name or "question" in name}


async def test_values_are_never_computed_across_a_hole(api: Api, bench: Workbench) -> None:
    series, months = Series("coinbase", "TORN-USD", 300), 15 * 30 * 86_400
    bench.stores.candles.write(series, made(400, end=now_ms() // 1_000 - months))
    bench.stores.candles.write(series, made(18))
    data = (await api("GET", f"{ROUTE}?symbol=TORN-USD")).json["data"]
    newest = bench.stores.candles.read(series, limit=18, newest=True)
    assert data["input"]["candles"] == 18
    assert data["input"]["hole"] == data["input"]["gaps"][-1]
    assert data["indicators"]["rsi_14"] == pytest.approx(library.RSI(newest.close, 14)[-1])
    assert data["indicators"]["moving_averages"]["sma_20"] is None
    assert "18 are held since the hole" in data["reasons"]["moving_averages.sma_20"]
