"""The record of a forecaster outside this server: what it says, and to whom."""

import json
import random
from typing import Any

import numpy as np
import pytest
from falcon.testing import ASGIConductor

from api.app import Application, create_app
from core.clock.times import format_time
from core.ledger import LIVE
from core.series import Series
from core.settings import Settings
from storage.candles.candle_columns import Candles
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores
from storage.trades.stream_stores import open_stream_stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.forecasts.score_forecasts import ForecastScorer
from tasks.trades.enqueue_stream import EnqueueStream
from tests.clocks import began, clock_at
from tests.integration.api.conftest import Api
from tests.made_forecasts import forecasts

pytestmark = pytest.mark.clock

MINUTE = 60
CLOSES = 10


def candle(at: int, close: float) -> Candles:
    """Return one finished candle."""
    price = np.array([close])
    return Candles(np.array([at], np.int64), price, price, price, price, np.ones(1),
                   np.array([-1]), np.zeros(1, np.int64))  # fmt: skip


def items(closes: list[float], opening: int) -> list[dict[str, Any]]:
    """Return forecasts of each market's next close by its last one."""
    common = {"platform": "pool", "resolution": "1m", "opening": opening, "prob_up": 0.5}
    return [common | {"symbol": f"M{n}", "predicted": close} for n, close in enumerate(closes)]


async def submit(api: Api, some: list[dict[str, Any]]) -> dict[str, Any]:
    """Hand in forecasts of `plain`."""
    body = json.dumps({"forecaster": "plain", "forecasts": some})
    told: dict[str, Any] = (await api("POST", "/ledger/forecasts", body=body)).json
    return told


@pytest.mark.parametrize("markets", [40, pytest.param(200, marks=pytest.mark.slow)])
async def test_last_price_from_outside_has_no_skill_over_many_markets_and_is_not_skilled(
    api: Api, stores: Stores, markets: int
) -> None:
    drawn = random.Random(1)
    closes = [10.0 ** drawn.uniform(-3, 5) for _ in range(markets)]
    first = began() // MINUTE * MINUTE
    for step in range(CLOSES):
        opening = first + MINUTE * step
        for n, close in enumerate(closes):
            stores.candles.write(Series("pool", f"M{n}", MINUTE), candle(opening - MINUTE, close))
        with clock_at(format_time(opening * 1_000 + 3_000)):
            told = await submit(api, items(closes, opening))
        assert (told["accepted"], told["late"], told["refused"]) == (markets, 0, [])
        closes = [close * (1 + drawn.gauss(0, 1e-3)) for close in closes]
    after = first + MINUTE * CLOSES
    for n, close in enumerate(closes):
        stores.candles.write(Series("pool", f"M{n}", MINUTE), candle(after - MINUTE, close))
    with clock_at(format_time(after * 1_000 + 7_000)):  # a second after the deadline
        told = await submit(api, items(closes, after)[:1])
        assert (told["accepted"], told["late"]) == (0, 1)
        assert ForecastScorer().run(stores) == markets * CLOSES

    record = (await api("GET", "/forecasters/plain")).json
    assert (record["late"], record["missed"]) == (1, 1)
    assert record["n"] == record["made"] == markets * CLOSES
    [pooled] = record["pooled"]
    assert (pooled["markets"], pooled["n"], pooled["closes"]) == (markets, markets * CLOSES, CLOSES)
    assert abs(pooled["skill"]["value"]) <= 0.001
    assert pooled["verdict"] == "unproven"
    assert pooled["coverage"] == {"0.8": None, "0.95": None}
    assert pooled["calibration"]["n"] == markets * CLOSES
    assert 3 <= pooled["delay_s"] < 6
    board = (await api("GET", "/scoreboard")).json["rows"]
    assert len(board) == markets
    assert {row["scores"]["skill"]["value"] for row in board} == {0.0}
    assert {row["verdict"] for row in board} == {"unproven"}
    assert sum(row["late"] for row in board) == 1
    assert record["chain"]["head"] == verify_ledger(stores.engine, stores.heads).head


async def test_a_model_of_ours_has_a_record_and_nobody_s_has_none(api: Api, stores: Stores) -> None:
    stores.ledger.append(forecasts(2))
    record = (await api("GET", "/forecasters/boosting")).json
    assert (record["model"], record["made"], record["pooled"]) == ("boosting", 2, [])
    assert (await api("GET", "/forecasters/nobody")).status_code == 404
    assert (await api("GET", "/forecasters/a b")).status_code == 422


async def test_walked_history_is_in_no_record(api: Api, stores: Stores) -> None:
    stores.candles.write(Series("pool", "M0", MINUTE), candle(0, 10.0))
    stores.candles.write(Series("pool", "M0", MINUTE), candle(MINUTE, 11.0))
    body = {"forecaster": "plain", "ledger": "walk.plain", "forecasts": items([10.0], MINUTE)}
    assert (await api("POST", "/ledger/forecasts", body=json.dumps(body))).json["accepted"] == 1
    assert ForecastScorer().run(stores) == 1
    assert (await api("GET", "/forecasters/plain")).status_code == 404
    assert stores.ledger_reader.targets(LIVE) == {}


async def test_a_browser_gets_a_page_that_loads_nothing_from_elsewhere(api: Api) -> None:
    page = await api("GET", "/forecasters/plain", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["vary"] == "Accept"
    assert "http" not in page.text


async def test_without_a_key_it_shows_only_where_the_server_is_set_so(
    api: Api, stores: Stores, enqueue: Enqueue, settings: Settings
) -> None:
    assert (await api.bare("GET", "/forecasters/boosting")).status_code == 401
    stores.ledger.append(forecasts(2))
    public = _application(stores, enqueue, settings.model_copy(update={"public_record": "on"}))
    async with ASGIConductor(public) as conductor:
        shown = await conductor.simulate_get("/forecasters/boosting")
        assert (shown.status_code, shown.json["made"]) == (200, 2)
        for path in ("/forecasters", "/ledger", "/scoreboard", "/forecasters/a/b"):
            assert (await conductor.simulate_get(path)).status_code in (401, 404), path


def _application(stores: Stores, enqueue: Enqueue, settings: Settings) -> Application:
    stream = open_stream_stores(settings, stores.redis)
    sender = EnqueueStream(make_celery(settings.broker_address), stream.intake)
    return create_app(stores, stream, enqueue, sender, settings)
