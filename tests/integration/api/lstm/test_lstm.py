"""Trainings and forecasts: refused before anything is queued, or handed to a worker."""

import asyncio
from typing import Any

import pytest

from core.jobs import Job
from core.lstm_limits import candles_needed
from core.series import Series
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.work import (
    HOURLY,
    OPTIONS,
    finish,
    hold_candles,
    hold_model,
    hold_partial,
)

NEEDED = candles_needed(8, 1)
MODEL = {"model_name": "trend", "model_id": "v1"}


def _jobs(stores: Stores) -> list[Job]:
    return stores.jobs.list()[0]


async def test_a_training_is_queued_with_its_options(api: Api, stores: Stores) -> None:
    hold_candles(stores, NEEDED)
    more = {"nsteps": 1, "units": 16, "seed": 7, "quantiles": [0.1, 0.5, 0.9], "epochs": None}
    answer = await api("POST", "/lstm/train", json={**OPTIONS, **more, "symbol": "BTC/USD"})
    assert answer.status_code == 202
    [job] = _jobs(stores)
    assert job.name == "train_lstm_from_redis"
    assert job.request == {
        "model_name": "trend",
        "model_id": "v1",
        "platform": "coinbase",
        "symbol": "BTC-USD",
        "resolution": 3_600,
        "seq_len": 8,
        "nsteps": 1,
        "units": 16,
        "seed": 7,
        "quantiles": [0.1, 0.5, 0.9],
        "overwrite": False,
        "predict": False,
        "fetch": None,
    }


async def test_a_number_may_name_a_version(api: Api, stores: Stores) -> None:
    hold_candles(stores, NEEDED)
    answer = await api("POST", "/lstm/train", json={**OPTIONS, "model_id": 3})
    assert answer.status_code == 202
    assert _jobs(stores)[0].request["model_id"] == "3"


async def test_too_little_data_is_refused_saying_how_many_candles_are_needed_and_held(
    api: Api, stores: Stores
) -> None:
    none = await api("POST", "/lstm/train", json=OPTIONS)
    assert none.status_code == 422
    assert f"at least {NEEDED} finished candles; 0 are held" in none.json["detail"]
    hold_partial(stores, NEEDED)
    one_short = await api("POST", "/lstm/train", json=OPTIONS)
    assert one_short.status_code == 422
    assert f"at least {NEEDED} finished candles; {NEEDED - 1} are held" in one_short.json["detail"]
    assert _jobs(stores) == []
    hold_candles(stores, NEEDED)
    assert (await api("POST", "/lstm/train", json=OPTIONS)).status_code == 202


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seq_len": 7}, "seq_len: expected `int` >= 8"),
        ({"seq_len": 513}, "seq_len: expected `int` <= 512"),
        ({"seq_len": None}, "seq_len: expected `int`"),
        ({"nsteps": 0}, "nsteps: expected `int` >= 1"),
        ({"nsteps": 289}, "nsteps: expected `int` <= 288"),
        ({"epochs": 201}, "epochs: expected `int` <= 200"),
        ({"units": 257}, "units: expected `int` <= 256"),
        ({"normalization": "log"}, "normalization: "),
        ({"quantiles": [0.1, 0.5, 0.8]}, "quantiles must ascend"),
        ({"quantiles": [0.0, 0.5, 1.0]}, "quantiles"),
        ({"model_name": "../etc"}, "model_name must be 1 to 64 letters"),
        ({"model_id": "a/b"}, "model_id must be 1 to 64 letters"),
        ({"model_id": "a\x00"}, "model_id must be 1 to 64 letters"),
        ({"symbol": "a b"}, "symbol must be 1 to 64 letters"),
        ({"platform": "a b"}, "platform must be 1 to 64 letters"),
        ({"resolution": "9m"}, "resolution is not one of"),
        ({"learning_rate": 1}, "learning_rate is no field"),
        ({"fetch": {"start": "2099-01-01"}}, "fetch.start lies in the future"),
        ({"fetch": {"start": 2, "end": 1}}, "fetch.start must be before fetch.end"),
        ({"fetch": {"from": 1}}, "from is no field of fetch"),
        ({"fetch": {"start": 1_700_000_000, "end": 1_700_003_600}}, "at most 2 more"),
    ],
)
async def test_a_training_that_cannot_be_names_the_field(
    api: Api, stores: Stores, change: dict[str, Any], said: str
) -> None:
    answer = await api("POST", "/lstm/train", json={**OPTIONS, **change})
    assert (answer.status_code, said in answer.json["detail"]) == (422, True)
    assert _jobs(stores) == []


async def test_the_same_name_and_id_is_a_409_unless_it_may_be_overwritten(
    api: Api, stores: Stores
) -> None:
    hold_candles(stores, NEEDED)
    hold_model(stores)
    again = await api("POST", "/lstm/train", json=OPTIONS)
    assert again.status_code == 409
    assert "overwrite" in again.json["detail"]
    over = await api("POST", "/lstm/train", json={**OPTIONS, "overwrite": True})
    assert over.status_code == 202
    assert _jobs(stores)[0].request["overwrite"] is True


async def test_the_same_name_and_id_is_a_409_while_it_is_being_trained(
    api: Api, stores: Stores
) -> None:
    hold_candles(stores, NEEDED)
    first = await api("POST", "/lstm/train", json=OPTIONS)
    for body in (OPTIONS, {**OPTIONS, "overwrite": True}):
        assert (await api("POST", "/lstm/train", json=body)).status_code == 409
    finish(stores, first.json["task_id"], {})
    assert (await api("POST", "/lstm/train", json=OPTIONS)).status_code == 202


async def test_one_request_may_fetch_train_and_predict(api: Api, stores: Stores) -> None:
    fetch = {"start": "2024-01-01", "end": 1_735_689_600}
    body = {**OPTIONS, "fetch": fetch, "predict": True}
    answer = await api("POST", "/lstm/train", json=body)
    assert answer.status_code == 202
    [job] = _jobs(stores)
    assert job.stages == ["fetch_candles", "train_lstm_from_redis", "predict_lstm_nsteps"]
    assert job.request["fetch"] == {"start": 1_704_067_200_000, "end": 1_735_689_600_000}


async def test_fetching_for_a_training_needs_a_platform_that_can_be_fetched_from(
    api: Api, stores: Stores
) -> None:
    body = {**OPTIONS, "platform": "file", "fetch": {"start": "2024-01-01"}}
    assert (await api("POST", "/lstm/train", json=body)).status_code == 404
    hold_candles(stores, NEEDED, Series("file", "BTC-USD", 3_600))
    without = {**OPTIONS, "platform": "file"}
    assert (await api("POST", "/lstm/train", json=without)).status_code == 202


@pytest.mark.parametrize("path", ["/lstm/predict", "/lstm/predictnsteps"])
async def test_a_forecast_waits_for_its_result_by_itself(
    api: Api, stores: Stores, path: str
) -> None:
    hold_model(stores)
    hold_candles(stores, 20)
    waiting = asyncio.create_task(api("POST", path, json=MODEL))
    while not (found := _jobs(stores)):
        await asyncio.sleep(0.005)
    result = {"predicted": 101.5, "spread": float("nan")}
    await asyncio.to_thread(finish, stores, found[0].id, result)
    answer = await waiting
    assert (answer.status_code, answer.json) == (200, {"predicted": 101.5, "spread": None})
    assert found[0].request.items() >= {**MODEL, "symbol": "BTC-USD", "resolution": 3_600}.items()


async def test_a_forecast_that_need_not_wait_is_a_202_at_once(api: Api, stores: Stores) -> None:
    hold_model(stores)
    hold_candles(stores, 20)
    headers = {"Prefer": "respond-async"}
    call = api("POST", "/lstm/predict", json=MODEL, headers=headers)
    answer = await asyncio.wait_for(call, 3)
    assert answer.status_code == 202
    assert answer.headers["Preference-Applied"] == "respond-async"


async def test_an_unknown_model_is_a_404_naming_the_nearest(api: Api, stores: Stores) -> None:
    hold_model(stores)
    for path in ("/lstm/predict", "/lstm/predictnsteps"):
        answer = await api("POST", path, json={"model_name": "trend", "model_id": "v2"})
        assert answer.status_code == 404
        assert "trend/v1" in answer.json["detail"]


async def test_other_steps_than_trained_are_a_409_naming_the_trained_ones(
    api: Api, stores: Stores
) -> None:
    hold_model(stores, nsteps=3)
    hold_candles(stores, 20)
    answer = await api("POST", "/lstm/predictnsteps", json={**MODEL, "nsteps": 4})
    assert answer.status_code == 409
    assert "trained for 3" in answer.json["detail"]
    right = {**MODEL, "nsteps": 3}
    headers = {"Prefer": "respond-async"}
    fine = await api("POST", "/lstm/predictnsteps", json=right, headers=headers)
    assert fine.status_code == 202


async def test_another_resolution_than_trained_is_a_409(api: Api, stores: Stores) -> None:
    hold_model(stores)
    answer = await api("POST", "/lstm/predict", json={**MODEL, "resolution": "1m"})
    assert answer.status_code == 409
    assert "3600 s" in answer.json["detail"]


async def test_a_forecast_without_candles_is_a_404_and_with_too_few_a_422(
    api: Api, stores: Stores
) -> None:
    hold_model(stores, rows_needed=20)
    none = await api("POST", "/lstm/predict", json=MODEL)
    assert none.status_code == 404
    hold_candles(stores, 19)
    few = await api("POST", "/lstm/predict", json=MODEL)
    assert few.status_code == 422
    assert "needs 20 candles, and 19 are held" in few.json["detail"]
    other = await api("POST", "/lstm/predict", json={**MODEL, "symbol": "ETH/USD"})
    assert other.status_code == 404
    assert str(HOURLY) in other.json["detail"]
    assert _jobs(stores) == []


async def test_nsteps_is_no_field_of_a_one_step_forecast(api: Api, stores: Stores) -> None:
    hold_model(stores)
    answer = await api("POST", "/lstm/predict", json={**MODEL, "nsteps": 3})
    assert answer.status_code == 422


async def test_a_full_queue_is_a_429_that_says_when_to_come_again(api: Api, stores: Stores) -> None:
    hold_candles(stores, NEEDED)
    stores.redis.rpush("train", *["waits"] * 20)
    answer = await api("POST", "/lstm/train", json=OPTIONS)
    assert answer.status_code == 429
    assert answer.json["error"] == "too_many_requests"
    assert answer.headers["Retry-After"] == "60"
    assert _jobs(stores) == []
