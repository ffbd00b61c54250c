"""Candles fetched by the names that users say, from a simulated exchange."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import ASGIConductor

from api.app import create_app
from core.settings import Settings
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from storage.stores import Stores
from storage.trades.stream_stores import open_stream_stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.trades.enqueue_stream import EnqueueStream
from tests.exchange_candles import START, walk, write_candles
from tests.integration.api.conftest import Api
from tests.integration.api.hand_worker import HandWorker
from tests.integration.api.markets.test_market_data import SYNCED
from tests.integration.api.robots.shape_text import Shape

HOUR = 3_600
SPAN = {"start_date": START, "end_date": START + 99 * HOUR}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("exchange")
    write_candles(folder, "coinbase", "ETH-USD", HOUR, walk(200))
    with simulating(SimulatorOptions(folder)) as url:
        yield url


@pytest.fixture
async def api(
    redis_settings: Settings, stores: Stores, enqueue: Enqueue, key: str, exchange: str
) -> AsyncIterator[Api]:
    """A caller, and a worker that asks the simulated exchange."""
    own = redis_settings.model_copy(update={"exchange_urls": {"coinbase": exchange}})
    stream = open_stream_stores(own, stores.redis)
    sender = EnqueueStream(make_celery(own.broker_address), stream.intake)
    app = create_app(stores, stream, enqueue, sender, own)
    with HandWorker(stores, own).working():
        async with ASGIConductor(app) as conductor:
            yield Api(conductor, key)


async def sync(api: Api, name: str, status: int, **body: Any) -> Any:
    answer = await api("POST", f"/api/sync/{name}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json


async def test_a_market_that_is_new_is_fetched_by_its_usual_name_and_only_once(api: Api) -> None:
    first = await sync(api, "ETHUSD", 200, **SPAN, timeframe="1h")
    assert list(Shape.parse(SYNCED).problems(first)) == []
    assert (first["rows_synced"], first["fetched"], first["gaps"]) == (100, 100, [])
    again = await sync(api, "eth-usd", 200, **SPAN, timeframe="1h")
    assert (again["rows_synced"], again["fetched"]) == (0, 100)
    bars = await api("GET", "/api/ohlcv", params={"symbol": "ETHUSD", "timeframe": "1h"})
    assert bars.json["count"] == 100


async def test_a_timeframe_that_the_exchange_lacks_is_fetched_as_what_makes_it(api: Api) -> None:
    found = await sync(api, "ETHUSD", 200, **SPAN, timeframe="4h")
    assert (found["timeframe"], found["rows_synced"]) == ("1h", 100)
    bars = await api("GET", "/api/ohlcv", params={"symbol": "ETHUSD", "timeframe": "4h"})
    assert (bars.json["folded_from"], bars.json["count"]) == ("1h", 25)


async def test_a_caller_that_does_not_wait_follows_a_task(api: Api) -> None:
    headers = {"Prefer": "respond-async"}
    answer = await api("POST", "/api/sync/ETHUSD", json=SPAN | {"timeframe": "1h"}, headers=headers)
    assert (answer.status_code, answer.json["status"]) == (202, "queued")
    assert answer.json["href"] == answer.headers["location"]


async def test_a_provider_that_refuses_is_a_502_that_says_what_was_stored(api: Api) -> None:
    body = SPAN | {"timeframe": "1h", "platform": "coinbase"}
    found = await sync(api, "NONE-USD", 502, **body)
    assert (found["status"], found["rows_synced"]) == ("failed", 0)
    assert found["error"] == "exchange_refused"
    assert "NONE-USD" in found["detail"]


@pytest.mark.parametrize(
    ("name", "body", "status", "named"),
    [
        ("NOPEUSD", SPAN, 404, "no market"),
        ("ETHUSD", SPAN | {"platform": "nowhere"}, 404, "platform"),
        ("ETHUSD", {}, 400, "start_date"),
        ("ETHUSD", {"start_date": "soon"}, 400, "start_date"),
        ("ETHUSD", {"start_date": START, "end_date": START}, 400, "before end_date"),
        ("ETHUSD", {"start_date": 4_000_000_000}, 400, "future"),
        ("ETHUSD", {"start_date": 0, "timeframe": "1d"}, 400, "ten years"),
        ("ETHUSD", SPAN | {"timeframe": "7m"}, 400, "timeframe"),
        ("ETHUSD", SPAN | {"key": "x"}, 400, "key"),
    ],
)
async def test_what_cannot_be_fetched_is_refused_before_anything_is_queued(
    api: Api, stores: Stores, name: str, body: dict[str, Any], status: int, named: str
) -> None:
    assert named in (await sync(api, name, status, **body))["detail"]
    assert stores.jobs.list()[0] == []
