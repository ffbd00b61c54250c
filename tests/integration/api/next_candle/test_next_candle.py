"""The routes of source 000, with workers that do what they queue."""

import asyncio
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import time_machine

from core.clock.times import format_time
from core.jobs import Progress
from core.next_candle import LEAST_CANDLES
from core.series import Series
from core.settings import Settings
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from storage.candles.candle_columns import Candles
from storage.stores import Stores
from tests.clocks import began
from tests.exchange_candles import walk, write_candles
from tests.integration.api.conftest import Api
from tests.integration.api.hand_worker import HandWorker
from tests.unit.ml.models.boosting.made_candles import (
    autoregressive,
    changing_volatility,
    make_candles,
)

SERIES = Series("file", "MADE", 300)
NAMED = {"platform": "file", "symbol": "MADE", "interval": "5m"}
COUNT = 1_800
SYNCHRONOUS = ("/ingest", "/train", "/series/rebuild", "/init/backfill", "/futures/update")


def hold(
    stores: Stores, last: int, count: int = COUNT, series: Series = SERIES, follows: float = 0.0
) -> Candles:
    """Store candles the last of which opens at `last` (s).

    Their direction is none, or each return carries on the share `follows` of the one before.
    """
    made = autoregressive(count, 3, follows) if follows else changing_volatility(count, seed=3)
    frame = make_candles(made)
    frame["time"] = last + 300 * np.arange(1 - count, 1)
    candles = Candles.from_rows(frame.to_numpy().tolist())
    stores.candles.write(series, candles)
    return candles


@pytest.fixture
def old(stores: Stores) -> Candles:
    """Candles of a market that closed for good in 2023."""
    return hold(stores, 1_700_000_100)


@pytest.fixture
def worker(stores: Stores, settings: Settings) -> Iterator[HandWorker]:
    with HandWorker(stores, settings).working() as worker:
        yield worker


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An exchange's files: candles of 5 minutes with an outage of two."""
    rows = walk(3_000, 300, outages=[(2_500, 2_502)])
    write_candles(tmp_path, "binance", "BTCUSDT", 300, rows)
    return tmp_path


@pytest.fixture
def settings(redis_settings: Settings, data: Path) -> Iterator[Settings]:
    """Settings whose default exchange is a replayed Binance of today."""
    with simulating(SimulatorOptions(data=data, shift_to_now=True)) as address:
        values = redis_settings.model_dump(exclude_unset=True)
        values |= {"default_platform": "binance", "exchange_urls": {"binance": address}}
        yield Settings(**values, _env_file=None)


async def send(api: Api, method: str, path: str, **more: Any) -> dict[str, Any]:
    """Return the body of a 200."""
    answer = await api(method, path, **more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


async def test_the_root_says_that_the_server_runs_and_where_to_look(api: Api) -> None:
    body = (await api.bare("GET", "/")).json

    assert body["status"] == "ok"
    assert "/docs" in body["message"]


async def test_before_any_training_there_is_nothing_and_the_answers_say_so(api: Api) -> None:
    assert (await api("GET", "/metrics")).json == {"status": "empty"}
    for path in ("/series", "/series/cached"):
        body = await send(api, "GET", path)
        assert body["points"] == []
        assert body["message"].startswith("No candles are held of binance:BTCUSDT:300")
    assert (await send(api, "GET", "/futures"))["points"] == []
    for path in ("/series/rebuild", "/futures/update"):
        assert (await api("POST", path)).status_code == 409


async def test_an_update_during_a_training_says_how_far_that_is(api: Api, stores: Stores) -> None:
    hold(stores, 1_700_000_100)
    answer = await api("POST", "/train", params=NAMED, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    task_id = answer.json["task_id"]
    lease = stores.jobs.claim(task_id, 0, "a worker")
    assert lease
    stores.jobs.report(lease, Progress(done=3, total=4, unit="folds"))
    refused = await api("POST", "/futures/update", params=NAMED)
    assert refused.status_code == 409
    assert f"validating, 25% done: see /tasks/{task_id}" in refused.json["detail"]


async def test_an_update_says_that_a_trained_model_was_not_good_enough(
    api: Api, worker: HandWorker, old: Candles
) -> None:
    trained = await send(api, "POST", "/train", params=NAMED)
    await _ended(api, trained["task_id"])
    refused = await api("POST", "/futures/update", params=NAMED)
    assert refused.status_code == 409
    assert "does not beat last price" in refused.json["detail"]


@pytest.mark.parametrize(
    ("method", "path", "params", "status"),
    [
        ("POST", "/train", {"days": "0"}, 422),
        ("POST", "/train", {"days": "91"}, 422),
        ("POST", "/train", {"days": "many"}, 422),
        ("POST", "/train", {"interval": "7m"}, 422),
        ("POST", "/train", {"wrong": "1"}, 422),
        ("POST", "/train", {}, 422),
        ("POST", "/series/rebuild", {"days": "91"}, 422),
        ("GET", "/series", {"start": "yesterday"}, 422),
        ("GET", "/series", {"start": "2024-01-02", "end": "2024-01-01"}, 422),
        ("GET", "/series", {"task_id": "none"}, 404),
        ("GET", "/series/cached", {"cursor": "wrong"}, 422),
        ("GET", "/futures", {"end": "2024-13-01"}, 422),
        ("POST", "/ingest", {"platform": "nowhere"}, 404),
        ("POST", "/init/backfill", {"sleep_ms": "-1"}, 422),
        ("POST", "/init/backfill", {"limit": "1001"}, 422),
        ("GET", "/metrics", {"symbol": "!"}, 422),
    ],
)
async def test_a_bad_request_is_told_by_its_status_and_in_its_body(
    api: Api, method: str, path: str, params: dict[str, str], status: int
) -> None:
    answer = await api(method, path, params=params)

    assert answer.status_code == status
    body = answer.json
    assert body["status"] == "error"
    assert body["message"] == body["detail"]
    assert {"error", "timestamp", "request_id"} <= body.keys()


async def test_without_a_key_the_error_has_the_same_form(api: Api) -> None:
    answer = await api.bare("POST", "/train")

    assert answer.status_code == 401
    assert answer.json["status"] == "error"


async def test_too_few_candles_are_told_with_how_many_are_needed(api: Api, stores: Stores) -> None:
    hold(stores, 1_700_000_100, LEAST_CANDLES - 1)

    answer = await api("POST", "/train", params=NAMED)

    assert answer.status_code == 422
    assert f"at least {LEAST_CANDLES}" in answer.json["message"]
    assert f"{LEAST_CANDLES - 1} are held" in answer.json["message"]


async def test_a_training_tells_its_validation_beside_last_price_and_marks_what_it_knew(
    api: Api, stores: Stores, old: Candles, worker: HandWorker
) -> None:
    trained = await send(api, "POST", "/train", params=NAMED)

    assert trained["status"] == "ok"
    assert trained["samples"] == trained["split_total"] > trained["split_train"]
    assert trained["mae"] <= 1.01 * trained["baseline"]["mae"]
    assert trained["last_candle"] == "2023-11-14T22:15:00Z"
    ended = await _ended(api, trained["task_id"])
    assert ended["result"]["walk_forward"]["n"] > 0
    assert ended["result"]["materialized"] > 0
    assert ended["result"]["watched"] is False
    metrics = await send(api, "GET", "/metrics", params=NAMED)
    same = ("mae", "mape", "smape", "samples", "split_train", "split_total", "validation_start")
    assert {name: metrics[name] for name in same} == {name: trained[name] for name in same}
    assert metrics["started_at"] <= metrics["finished_at"]
    assert ended["progress"]["message"]

    page = await send(api, "GET", "/series/cached", params=NAMED)
    points = page["points"]
    assert len(points) == ended["result"]["materialized"]
    assert page["last_candle"] == points[-1]["real"]["time"] == trained["last_candle"]
    assert page["validation_start"] == trained["validation_start"]
    known = [point["real"]["time"] for point in points if point["in_sample"]]
    assert len(known) == trained["split_train"]
    assert max(known) < page["validation_start"]
    _check_points(points, old)
    errors = [p["err"]["close_abs"] for p in points if p["real"]["time"] >= known[-1]][2:-1]
    assert np.mean(errors) == pytest.approx(trained["mae"], rel=1e-6)


def _check_points(points: list[dict[str, Any]], candles: Candles) -> None:
    for point, following in pairwise(points):
        error = following["real"]["close"] - point["pred"]["close_next"]
        assert point["err"]["close_signed"] == pytest.approx(error, abs=1e-8)
        assert point["err"]["close_abs"] == abs(point["err"]["close_signed"])
        assert point["cls"]["dir_next"] == int(point["cls"]["prob_up"] > 0.5)
        chances = [point["cls"][f"prob_{way}"] for way in ("up", "down", "unchanged")]
        assert sum(chances) == pytest.approx(1)
    assert points[-1]["err"] == {"close_abs": None, "close_signed": None, "amp_abs": None}
    assert [point["real"]["close"] for point in points] == candles.close[-len(points) :].tolist()


async def test_a_series_is_the_same_in_every_form_and_by_every_way(
    api: Api, stores: Stores, old: Candles, worker: HandWorker
) -> None:
    trained = await send(api, "POST", "/train", params=NAMED)
    await _ended(api, trained["task_id"])
    whole = await send(api, "GET", "/series/cached", params=NAMED)
    points = whole["points"]

    packed = await api("GET", "/series/cached", params=NAMED, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert msgspec.json.decode(gzip.decompress(packed.content)) == whole
    computed = await send(api, "GET", "/series", params=NAMED)
    assert computed["points"] == points
    rebuilt = await send(api, "POST", "/series/rebuild", params=NAMED | {"days": "90"})
    assert rebuilt == {"status": "ok", "materialized": len(points)}
    for path in ("/series", "/series/cached"):
        assert await _by_pages(api, path, 700) == points
        some = {"start": points[40]["real"]["time"], "end": points[900]["real"]["time"]}
        page = await send(api, "GET", path, params=NAMED | some)
        assert page["points"] == points[40:901]
    table = await api("GET", "/series/cached", params=NAMED | {"format": "csv"})
    lines = table.text.splitlines()
    assert len(lines) == len(points) + 1
    assert lines[1].split(",")[0] == points[0]["real"]["time"]
    assert lines[-1].endswith(",,,,false")


async def _by_pages(api: Api, path: str, limit: int) -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = []
    query = NAMED | {"limit": str(limit)}
    while True:
        page = await send(api, "GET", path, params=query)
        assert len(page["points"]) <= limit
        points += page["points"]
        if page["next_cursor"] is None:
            return points
        query["cursor"] = page["next_cursor"]


async def test_a_cached_series_follows_its_candles_as_if_made_anew(
    api: Api, stores: Stores, old: Candles, worker: HandWorker
) -> None:
    stores.candles.delete(SERIES)
    stores.candles.write(SERIES, old.take(slice(0, COUNT - 100)))
    trained = await send(api, "POST", "/train", params=NAMED)
    await _ended(api, trained["task_id"])
    stores.candles.write(SERIES, old.take(slice(COUNT - 100, COUNT)))

    assert worker.series.extend_all() == 1
    assert worker.series.extend_all() == 0

    followed = await send(api, "GET", "/series/cached", params=NAMED)
    await send(api, "POST", "/series/rebuild", params=NAMED)
    assert followed["points"] == (await send(api, "GET", "/series/cached", params=NAMED))["points"]
    stores.redis.delete(f"cached:{SERIES}")
    assert worker.series.extend_all() == 1
    assert followed["points"] == (await send(api, "GET", "/series/cached", params=NAMED))["points"]


@pytest.mark.clock
async def test_futures_are_made_in_time_scored_once_and_never_changed(
    api: Api, stores: Stores, worker: HandWorker
) -> None:
    # Far enough ahead for a training to end before it, however slow the machine.
    opening = began() // 300 * 300 + 1_200
    # A model of a market without direction is promoted or not as the week's minute has it.
    candles = hold(stores, opening - 300, follows=0.6)
    stores.candles.delete(SERIES)
    stores.candles.write(SERIES, candles.take(slice(0, COUNT - 2)))
    trained = await send(api, "POST", "/train", params=NAMED)
    walked = (await _ended(api, trained["task_id"]))["result"]["walk_forward"]
    assert walked["promoted"], walked["reason"]

    with time_machine.travel(datetime.fromtimestamp(opening - 100, UTC), tick=True):
        late = await send(api, "POST", "/futures/update", params=NAMED)
        assert late["updated"] == 0  # its time is over: nothing is made up
        stores.candles.write(SERIES, candles)
        assert (await send(api, "POST", "/futures/update", params=NAMED))["updated"] == 1
        assert (await send(api, "POST", "/futures/update", params=NAMED))["updated"] == 0
    [made] = (await send(api, "GET", "/futures", params=NAMED))["points"]
    assert made["time"] == format_time(opening * 1_000) > made["made_at"]
    assert made["real_close"] is made["err_close"] is None

    came = candles.take(slice(COUNT - 1, COUNT))
    stores.candles.write(SERIES, came.replace(time=came.time + 300))
    with time_machine.travel(datetime.fromtimestamp(opening + 400, UTC), tick=True):
        assert (await send(api, "POST", "/futures/update", params=NAMED))["updated"] == 1
        assert (await send(api, "POST", "/futures/update", params=NAMED))["updated"] == 0
    [scored] = (await send(api, "GET", "/futures", params=NAMED))["points"]
    close = float(came.close[0])
    assert scored == made | {"real_close": close, "err_close": made["pred_close"] - close}


@pytest.mark.clock
async def test_ingest_brings_the_latest_candles_and_again_brings_none(
    api: Api, worker: HandWorker
) -> None:
    first = await send(api, "POST", "/ingest")
    again = await send(api, "POST", "/ingest")

    assert 900 < first["inserted"] <= 1_000
    assert again["inserted"] <= 1
    assert first["futures_updated"] == 0
    assert first["last_candle"]


@pytest.mark.clock
async def test_a_backfill_asks_for_what_is_missing_only(
    api: Api, stores: Stores, worker: HandWorker
) -> None:
    await send(api, "POST", "/ingest")
    filled = await send(api, "POST", "/init/backfill", params={"days": "5", "limit": "500"})

    assert filled["status"] == "ok"
    assert filled["days"] == 5
    assert filled["inserted"] == filled["fetched"] > 400
    assert 1 <= filled["calls"] <= 6
    held = stores.candles.count(Series("binance", "BTCUSDT", 300))
    assert held == 900 + filled["inserted"] or held > 1_300
    # What is left is the exchange's own outage, asked for once more.
    assert len(filled["gaps"]) == 1
    again = await send(api, "POST", "/init/backfill", params={"days": "5"})
    assert again["inserted"] <= 1
    assert again["fetched"] <= 1
    assert again["calls"] <= 4
    assert again["gaps"] == filled["gaps"]


@pytest.mark.parametrize("path", ["/ingest", "/init/backfill"])
async def test_an_exchange_that_is_away_is_told_at_once(
    api: Api, worker: HandWorker, settings: Settings, path: str
) -> None:
    settings.exchange_urls["binance"] = "http://127.0.0.1:9"

    answer = await api("POST", path)

    assert answer.status_code == 503
    assert answer.json["error"] == "exchange_unavailable"
    assert answer.json["status"] == "error"
    assert "Retry-After" in answer.headers or "retry-after" in answer.headers


async def test_who_does_not_want_to_wait_gets_a_task(api: Api, old: Candles) -> None:
    answer = await api("POST", "/train", params=NAMED, headers={"Prefer": "respond-async"})

    assert answer.status_code == 202
    assert answer.headers["location"] == answer.json["href"]
    again = await api("POST", "/train", params=NAMED, headers={"Prefer": "respond-async"})
    assert again.status_code == 409


async def _ended(api: Api, task_id: str) -> dict[str, Any]:
    """Return a task once it has succeeded."""
    for _ in range(600):
        task = await send(api, "GET", f"/tasks/{task_id}")
        if task["state"] not in ("queued", "running"):
            assert task["state"] == "succeeded", task
            return task
        await asyncio.sleep(0.1)
    raise AssertionError("the task did not end")
