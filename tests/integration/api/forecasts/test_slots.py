"""Evaluations, trainings, replays: refused before anything is queued, or handed to a worker."""

from typing import Any

import msgspec
import pytest

from api.forecasts.schemas import LSTM_OPTIONS, SLOT_SEQ_LEN, OptionsBody
from core.jobs import Job
from core.models import CLOSE, known_models, least_candles
from ml.models.boosting.booster import BoostingOptions
from ml.models.lstm.options import LstmOptions, read_lstm_options
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.work import START, finish, hold_candles

SLOT: dict[str, Any] = {"symbol": "BTC/USD", "resolution": "1h", "model": "ewma"}
ROUTES = ("/evaluate", "/slots/train", "/replay/walk")
ENOUGH = least_candles("ewma", 1)


def _job(stores: Stores) -> Job:
    [job] = stores.jobs.list()[0]
    return job


async def test_an_evaluation_is_queued_with_the_whole_slot(api: Api, stores: Stores) -> None:
    hold_candles(stores, ENOUGH)
    answer = await api("POST", "/evaluate", json=SLOT | {"folds": 3, "seed": 5, "start": START})
    assert answer.status_code == 202
    assert _job(stores).request == {
        "platform": "coinbase",
        "symbol": "BTC-USD",
        "resolution": 3_600,
        "horizon": 1,
        "model": "ewma",
        "start": START,
        "end": None,
        "seed": 5,
        "options": {},
        "folds": 3,
    }


async def test_a_training_is_queued_once_a_slot(api: Api, stores: Stores) -> None:
    hold_candles(stores, ENOUGH)
    body = SLOT | {"retrain_hours": 24}
    assert (await api("POST", "/slots/train", json=body)).status_code == 202
    assert (await api("POST", "/slots/train", json=body)).status_code == 409
    request = _job(stores).request
    assert (request["retrain_every"], request["reason"]) == (86_400, "requested")


async def test_a_replay_is_queued_with_its_range(api: Api, stores: Stores) -> None:
    hold_candles(stores, 300)
    start = START + 200 * 3_600
    answer = await api("POST", "/replay/walk", json=SLOT | {"start": start, "retrain_every": 50})
    assert answer.status_code == 202
    request = _job(stores).request
    assert (request["start"], request["retrain_every"], request["end"]) == (start, 50, None)


async def test_a_caller_may_wait_for_the_result(api: Api, stores: Stores) -> None:
    hold_candles(stores, ENOUGH)
    answer = await api("POST", "/evaluate", json=SLOT)
    finish(stores, answer.json["task_id"], {"n": 3})
    task = await api("GET", answer.json["href"])
    assert task.json["result"] == {"n": 3}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"model": "oracle"}, 422),
        ({"horizon": 0}, 422),
        ({"horizon": 289}, 422),
        ({"symbol": "NO-SUCH"}, 404),
        ({"resolution": "7m"}, 422),
        ({"options": {"rounds": 3}}, 422),  # of another model
        ({"model": "boosting", "options": {"rounds": 0}}, 422),
        ({"model": "boosting", "options": {"depth": 3}}, 422),
        ({"model": "boosting", "options": {"seq_len": 20}}, 422),
        ({"model": "lstm", "options": {"rounds": 20}}, 422),
        ({"model": "lstm", "options": {"seq_len": SLOT_SEQ_LEN + 1}}, 422),
        ({"model": "boosting"}, 422),  # too few candles
        ({"start": "2030-01-01"}, 422),
        ({"start": 5, "end": 4}, 422),
        ({"colour": "red"}, 422),
    ],
)
async def test_what_cannot_be_is_refused_before_anything_is_queued(
    api: Api, stores: Stores, route: str, wrong: dict[str, Any], status: int
) -> None:
    hold_candles(stores, ENOUGH)
    answer = await api("POST", route, json=SLOT | wrong)
    assert answer.status_code == status, answer.text
    assert answer.json["detail"]
    assert stores.jobs.list()[0] == []


async def test_too_few_candles_are_said(api: Api, stores: Stores) -> None:
    hold_candles(stores, ENOUGH - 1)
    answer = await api("POST", "/evaluate", json=SLOT)
    assert answer.status_code == 422
    assert f"{ENOUGH} finished candles; {ENOUGH - 1} are held" in answer.json["detail"]


async def test_the_leak_test_takes_stored_candles_or_brought_ones(api: Api, stores: Stores) -> None:
    hold_candles(stores, 10)
    wait = {"Prefer": "respond-async"}
    stored = await api(
        "POST", "/features/leaktest", json={"symbol": "BTC-USD", "resolution": "1h"}, headers=wait
    )
    assert stored.status_code == 202
    rows = [[START + 3_600 * n, 1, 2, 1, 2, 3] for n in range(20)]
    own = await api(
        "POST", "/features/leaktest", json={"resolution": "1h", "candles": rows}, headers=wait
    )
    assert own.status_code == 202
    assert len(stores.uploads.get(own.json["task_id"])) == 20
    assert stores.jobs.get(own.json["task_id"]).request["uploaded"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"resolution": "1h"}, 422),
        ({"resolution": "1h", "symbol": "NO-SUCH"}, 404),
        ({"resolution": "1h", "candles": [[START, 1, 0.5, 1, 2, 3]]}, 422),
        ({"resolution": "1h", "candles": []}, 422),
    ],
)
async def test_a_leak_test_of_nothing_or_of_bad_rows_is_refused(
    api: Api, stores: Stores, body: dict[str, Any], status: int
) -> None:
    assert (await api("POST", "/features/leaktest", json=body)).status_code == status
    assert stores.jobs.list()[0] == []


def test_the_options_at_the_door_are_those_of_the_models() -> None:
    door = {field.name for field in msgspec.structs.fields(OptionsBody)}
    assert door - LSTM_OPTIONS == {field.name for field in msgspec.structs.fields(BoostingOptions)}
    for name, limit in (("rounds", 1_001), ("leaves", 1), ("rows", 1.5), ("library", "catboost")):
        for kind in (OptionsBody, BoostingOptions):
            with pytest.raises(msgspec.ValidationError):
                msgspec.convert({name: limit}, kind)
    assert {field.name for field in msgspec.structs.fields(LstmOptions)} >= LSTM_OPTIONS
    assert read_lstm_options({"seq_len": SLOT_SEQ_LEN}, 1, 0).seq_len == SLOT_SEQ_LEN


async def test_every_model_of_the_contract_may_be_asked_for(api: Api, stores: Stores) -> None:
    hold_candles(stores, 5_000)
    for model in known_models(CLOSE):
        answer = await api("POST", "/evaluate", json=SLOT | {"model": model})
        assert answer.status_code == 202


SIGNALS: dict[str, Any] = {"symbol": "BTC-USD", "resolution": "1h", "model": "barrier_signals"}


@pytest.mark.parametrize(
    ("more", "model"),
    [
        ({}, "barrier_signals"),
        ({"rr_config": "rr_2_1"}, "barrier_signals"),
        ({"rr_config": "rr_3_1"}, "barrier_signals.rr_3_1"),
        ({"model": "path_range"}, "path_range"),
    ],
)
async def test_ranges_and_signals_are_trained_for_any_series_with_any_exits(
    api: Api, stores: Stores, more: dict[str, Any], model: str
) -> None:
    hold_candles(stores, least_candles(model, 12))
    body = SIGNALS | {"horizon": 12, "options": {"rounds": 20}} | more
    assert (await api("POST", "/slots/train", json=body)).status_code == 202
    request = _job(stores).request
    assert (request["model"], request["horizon"]) == (model, 12)
    assert request["options"] == {"rounds": 20}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"horizon": 97}, "from 1 to 96"),
        ({"rr_config": "rr_0_1"}, "rr_config"),
        ({"model": "boosting", "rr_config": "rr_3_1"}, "models of signals only"),
        ({"model": "path_range", "rr_config": "rr_3_1"}, "models of signals only"),
        ({"options": {"units": 8}}, "options.units"),
    ],
)
async def test_what_a_model_of_signals_cannot_be_asked_is_refused(
    api: Api, stores: Stores, more: dict[str, Any], said: str
) -> None:
    hold_candles(stores, 2_000)
    answer = await api("POST", "/slots/train", json=SIGNALS | more)
    assert answer.status_code == 422
    assert said in answer.json["detail"]
    assert stores.jobs.list()[1] == 0


async def test_a_forecast_of_what_is_not_trained_says_so_or_trains_it_first(
    api: Api, stores: Stores
) -> None:
    hold_candles(stores, least_candles("ewma", 6))
    body = SLOT | {"horizons": [6, 1]}
    refused = await api("POST", "/forecast", json=body)
    assert (refused.status_code, stores.jobs.list()[0]) == (409, [])
    assert "1, 6 candles ahead" in refused.json["detail"]
    answer = await api("POST", "/forecast", json=body | {"train": True})
    assert answer.status_code == 202
    job = _job(stores)
    assert (job.name, job.request["horizons"]) == ("forecast_series", [1, 6])
    reader = await api(
        "POST", "/forecast", json=body | {"train": True}, headers={"X-API-Key": _reader(stores)}
    )
    assert reader.status_code == 403


def _reader(stores: Stores) -> str:
    return stores.keys.create("reader", "a reader")[0]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"horizons": []}, 422),
        ({"horizons": [0]}, 422),
        ({"horizons": list(range(1, 14))}, 422),
        ({"resolution": 0}, 422),
        ({"symbol": "NO-SUCH"}, 404),
        ({"model": "oracle"}, 422),
        ({"horizons": [288], "train": True}, 422),  # too few candles
    ],
)
async def test_a_forecast_that_cannot_be_is_refused(
    api: Api, stores: Stores, wrong: dict[str, Any], status: int
) -> None:
    hold_candles(stores, ENOUGH)
    answer = await api("POST", "/forecast", json=SLOT | wrong)
    assert answer.status_code == status
    assert stores.jobs.list()[0] == []
