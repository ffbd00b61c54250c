"""A data folder written by commit e442c9a opens: what was kept is there, and its models answer.

The folder lies as text under `tests/fixtures`, beside the script that made it and what the
code of that commit answered from it.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import pytest
import time_machine
from falcon.testing import ASGIConductor

from api.app import create_app
from core.series import Series
from core.settings import Settings
from operate.data_folder import prepare_data_folder
from storage.redis_connection import connect
from storage.trades.stream_stores import open_stream_stores
from tasks.trades.enqueue_stream import EnqueueStream
from tests.integration.api.conftest import Api
from tests.integration.api.hand_worker import HandWorker
from tests.integration.tasks.jobs.workbench import Workbench
from tests.old_data_folder import put_back

SERIES = Series("coinbase", "BTC-USD", 300)
NAMED = {"platform": "coinbase", "symbol": "BTC-USD", "interval": "5m"}
WAITING = {"Prefer": "wait=50"}
OUTLOOK = {"symbol": "BTC-USD", "horizon": 6}
# What of an answer says neither when it was given nor how old its candles were then.
NUMBERS = {
    "range": ("predicted_high", "predicted_low", "interval", "coverage", "skill"),
    "signal": ("price_range", "tpsl", "expected_value_percent", "after_costs", "skill"),
}


class Opened(NamedTuple):
    """The folder in use, and what the old code answered from it."""

    bench: Workbench
    answers: dict[str, Any]


@pytest.fixture(scope="module")
def opened(redis_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """The folder put back, and brought up to date as `make run` does."""
    folder = tmp_path_factory.mktemp("old")
    client = connect(redis_settings.redis_address)
    client.flushall()
    answers = put_back(folder, client)
    client.close()
    own = {"data_dir": folder, "redis_url": redis_settings.redis_address}
    settings = redis_settings.model_copy(update=own)
    assert prepare_data_folder(settings) == answers["owner_key"]
    bench = Workbench(settings)
    yield Opened(bench, answers)
    bench.close()


@pytest.fixture
def worker(opened: Opened) -> Iterator[None]:
    """A worker that predicts, as long as one test: others do by hand what is queued."""
    options = ("-Q", "predict", "-P", "threads", "-c", "2")
    process = opened.bench.worker(*options, app="tasks.main", name="worker")
    yield
    process.terminate()
    process.wait()


@pytest.fixture
async def api(opened: Opened) -> AsyncIterator[Api]:
    """A caller with a key that the old code gave out."""
    bench = opened.bench
    stream = open_stream_stores(bench.settings, bench.stores.redis)
    sender = EnqueueStream(bench.celery, stream.intake)
    app = create_app(bench.stores, stream, bench.enqueue, sender, bench.settings)
    async with ASGIConductor(app) as conductor:
        yield Api(conductor, opened.answers["key"])


async def got(api: Api, method: str, path: str, **more: Any) -> dict[str, Any]:
    """Return the body of a 200."""
    answer = await api(method, path, **more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


async def test_its_keys_open_the_api_and_no_other_does(opened: Opened, api: Api) -> None:
    owner = {"X-API-Key": opened.answers["owner_key"]}
    changed = {"X-API-Key": opened.answers["key"][:-1] + "_"}

    assert (await api("GET", "/watch")).status_code == 200
    assert (await api("GET", "/watch", headers=owner)).status_code == 200
    assert (await api("GET", "/watch", headers=changed)).status_code == 401


async def test_its_candles_and_its_watch_list_are_there(opened: Opened, api: Api) -> None:
    page = await got(api, "GET", f"/candles/{'/'.join(NAMED.values())}", params={"limit": "2000"})
    watched = (await got(api, "GET", "/watch"))["watches"]

    assert len(page["candles"]) == opened.answers["candles"]
    assert [candle["close"] for candle in page["candles"][-5:]] == opened.answers["closes"]
    assert [(one["platform"], one["symbol"]) for one in watched] == [("coinbase", "BTC-USD")]


async def test_its_trades_are_read_from_redis_and_from_files(opened: Opened, api: Api) -> None:
    trades = await got(api, "GET", "/trades/coinbase/ETH-USD", params={"limit": "5000"})
    gaps = await got(api, "GET", "/gaps/coinbase/ETH-USD")
    rejected = await got(api, "GET", "/quarantine/coinbase")
    minutes = await got(api, "GET", "/candles/coinbase/ETH-USD/1m")

    assert len(trades["trades"]) == opened.answers["trades"]
    assert [(gap["first_id"], gap["last_id"]) for gap in gaps["gaps"]] == [(300, 309)]
    assert [one["reason"] for one in rejected["rejected"]] == ["no price"]
    assert sum(candle["trades"] for candle in minutes["candles"]) == opened.answers["trades"]


async def test_its_ledger_verifies_with_every_row_and_outcome(opened: Opened, api: Api) -> None:
    verified = (await got(api, "GET", "/ledger/verify"))["ledgers"]
    rows = (await got(api, "GET", "/ledger"))["rows"][: opened.answers["ledger_rows"]]
    board = await got(api, "GET", "/scoreboard")

    assert all(one["ok"] for one in verified), verified
    assert {one["ledger"] for one in verified} == set(opened.answers["ledgers"])
    assert len(rows) == opened.answers["ledger_rows"]
    assert sum(row["realised"] is not None for row in rows) == opened.answers["scored"]
    assert {(slot["model"], slot["horizon"]) for slot in board["rows"]} == {
        ("boosting", 1),
        ("ewma", 3),
    }


async def test_its_models_answer_the_same(opened: Opened, api: Api, worker: None) -> None:
    await _lstm_is_the_same(api, opened.answers["lstm"])
    whole = {"include_range": True, "include_tpsl": True}
    for path, shown, more in (("predictions", "range", {}), ("signals", "signal", whole)):
        wanted = opened.answers[shown]
        body = await got(api, "POST", f"/api/v1/{path}", json=OUTLOOK | more, headers=WAITING)
        assert body["data"]["model"] == wanted["model"]
        for part in NUMBERS[shown]:
            assert _known_of(wanted[part], body["data"][part]) == wanted[part], part
    signal = body["data"]["signal"]
    assert signal["probabilities"] == opened.answers["signal"]["signal"]["probabilities"]


def _known_of(wanted: Any, found: Any) -> Any:
    """Return the fields that the version before knew."""
    return {name: found[name] for name in wanted} if isinstance(wanted, dict) else found


async def _lstm_is_the_same(api: Api, wanted: dict[str, Any]) -> None:
    asked = {"model_name": "small", "model_id": "v1"}
    listed = (await got(api, "GET", "/lstm/models"))["models"]
    assert [(model["name"], model["id"]) for model in listed] == [("small", "v1")]
    made = await got(api, "POST", "/lstm/predictnsteps", json=asked, headers=WAITING)
    assert made["model"] == wanted["model"]
    for step, known in zip(made["predictions"], wanted["predictions"], strict=True):
        assert step["time"] == known["time"]
        assert step["predicted"] == pytest.approx(known["predicted"], rel=1e-6)
        for level, bounds in known["interval"].items():
            assert step["interval"][level] == pytest.approx(bounds, rel=1e-6)


async def test_its_series_of_the_next_candle_is_made_again_by_its_own_model(
    opened: Opened, api: Api
) -> None:
    cached = (await got(api, "GET", "/series/cached", params=NAMED))["points"]
    assert len(cached) == opened.answers["cached_points"]

    with HandWorker(opened.bench.stores, opened.bench.settings).working():
        whole = (await got(api, "GET", "/series", params=NAMED, headers=WAITING))["points"]

    made = {point["real"]["time"]: point for point in whole}
    for point in cached[:-1]:
        again = made[point["real"]["time"]]
        # The version that wrote the folder did not know of a chance that the close stands still.
        assert again["cls"].pop("prob_unchanged") == 0
        assert again == point


async def test_its_champions_go_on_speaking_in_the_ledger(opened: Opened, api: Api) -> None:
    with (
        time_machine.travel(opened.answers["now"], tick=True),
        HandWorker(opened.bench.stores, opened.bench.settings).working(),
    ):
        await got(api, "POST", "/futures/update", params=NAMED, headers=WAITING)
        rows = (await got(api, "GET", "/ledger"))["rows"][opened.answers["ledger_rows"] :]

    made = {
        f"coinbase:BTC-USD:300:{row['horizon']}:{row['model']}": [
            row["predicted"],
            *row["intervals"]["0.8"],
        ]
        for row in rows
    }
    assert made == opened.answers["forecasts"]


async def test_what_its_trainings_found_can_still_be_read(api: Api) -> None:
    metrics = await got(api, "GET", "/metrics", params=NAMED)
    status = await got(api, "GET", "/api/v1/models/status")
    slots = (await got(api, "GET", "/slots"))["slots"]
    tasks = (await got(api, "GET", "/tasks"))["tasks"]

    assert metrics["status"] == "ok"
    assert {model["name"] for model in status["data"]["models"]} >= {
        "path_range.coinbase.BTC-USD.300.6",
        "barrier_signals.coinbase.BTC-USD.300.6",
    }
    assert {(slot["model"], slot["horizon"]) for slot in slots} >= {("boosting", 1), ("ewma", 3)}
    assert {task["name"] for task in tasks} >= {"train_slot", "train_lstm_from_redis"}
