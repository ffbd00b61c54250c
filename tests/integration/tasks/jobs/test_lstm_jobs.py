"""A training by the real trainer, and forecasts by a worker that knows no TensorFlow."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from core.errors import Conflict
from core.jobs import Job, JobState
from core.requests import PredictLstm, TrainLstm
from core.series import Series
from core.settings import Settings
from storage.candles.candle_columns import Candles
from tasks.task_table import PREDICT_LSTM, PREDICT_LSTM_NSTEPS, TRAIN_LSTM
from tests.integration.tasks.jobs.workbench import Workbench, eventually

SERIES = Series("file", "WALK", 3_600)
START, HOUR = 1_704_067_200, 3_600
OPTIONS = {"seq_len": 8, "nsteps": 2, "units": 4, "epochs": 2, "folds": 2, "seed": 3}
MODEL: dict[str, Any] = {"model_name": "walk", "model_id": "1"}
WALK: dict[str, Any] = {"platform": "file", "symbol": "WALK", "resolution": HOUR}
TRAINING: dict[str, Any] = MODEL | WALK | OPTIONS | {"overwrite": False}


def _candles(count: int) -> Candles:
    """Return a random walk, one candle an hour."""
    close = 100 * np.exp(np.cumsum(np.random.default_rng(5).normal(0, 0.01, count)))
    rows = [[START + n * HOUR, c, c * 1.01, c * 0.99, c, 7] for n, c in enumerate(close)]
    return Candles.from_rows(rows)


@pytest.fixture(scope="module")
def lstm(redis_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """An installation with candles, a trainer and a predicting worker."""
    folder = tmp_path_factory.mktemp("lstm")
    own = {"data_dir": folder, "redis_url": redis_settings.redis_address}
    bench = Workbench(redis_settings.model_copy(update=own))
    bench.stores.redis.flushall()
    bench.stores.candles.write(SERIES, _candles(1_000))
    bench.worker(
        *("-Q", "train", "-P", "prefork", "-c", "1", "--max-tasks-per-child", "1"),
        app="tasks.main",
        name="trainer",
    )
    bench.worker("-Q", "predict", "-P", "threads", "-c", "4", app="tasks.main", name="worker")
    yield bench
    bench.close()


@pytest.fixture(scope="module")
def trained(lstm: Workbench) -> Job:
    """The first training, after which its job forecasts."""
    request = msgspec.convert(TRAINING | {"predict": True, "fetch": None}, TrainLstm)
    job = lstm.enqueue.begin(TRAIN_LSTM, request, after=[PREDICT_LSTM_NSTEPS])
    return lstm.ended(job, seconds=120)


def test_a_training_saves_a_model_and_tells_how_good_it_is(lstm: Workbench, trained: Job) -> None:
    assert trained.error is None
    assert trained.result is not None
    assert trained.result["model"]["name"] == "walk"
    assert trained.result["verdict"] in ("skilled", "unproven", "no_skill")
    assert {"n", "scores", "baseline_scores", "folds", "by_horizon"} <= trained.result.keys()
    record = lstm.stores.named_runs.get("walk", "1")
    assert set(record.digests) == {"model.weights.h5", "model.json", "model.onnx"}
    assert record.series == SERIES


def test_a_forecast_of_one_step_says_what_contract_asks_for(lstm: Workbench, trained: Job) -> None:
    job = lstm.ended(lstm.enqueue.begin(PREDICT_LSTM, msgspec.convert(MODEL | WALK, PredictLstm)))

    assert job.error is None
    assert job.result is not None
    assert job.result["horizon"] == 1
    assert job.result["time"] == "2024-02-11T16:00:00Z"
    low, high = job.result["interval"]["0.8"]
    assert low < job.result["predicted"] < high
    assert {"0.8", "0.95"} <= job.result["interval"].keys()
    assert {"last_price", "drift"} == job.result["baseline"].keys()
    assert {"value", "low", "high", "verdict"} <= job.result["skill"].keys()
    assert {"name", "id", "trained_at", "data_hash"} <= job.result["model"].keys()
    assert {"last_time", "gaps", "partial"} <= job.result["input"].keys()
    # Candles of the past: a forecast of what is over by now says so.
    assert job.result["stale"] is True
    assert job.result["as_of"] == job.result["time"]


def test_a_forecast_of_all_steps_is_also_written_to_its_time_series(
    lstm: Workbench, trained: Job
) -> None:
    job = lstm.ended(
        lstm.enqueue.begin(
            PREDICT_LSTM_NSTEPS, msgspec.convert(MODEL | WALK | {"nsteps": 2}, PredictLstm)
        )
    )

    assert job.result is not None
    steps = job.result["predictions"]
    assert [step["horizon"] for step in steps] == [1, 2]
    (point,) = lstm.stores.forecasts.read(SERIES, "walk", 2)
    assert point.value == steps[1]["predicted"]
    assert [point.low, point.high] == steps[1]["interval"]["0.8"]


def test_another_number_of_steps_than_trained_for_is_a_conflict(
    lstm: Workbench, trained: Job
) -> None:
    job = lstm.ended(
        lstm.enqueue.begin(
            PREDICT_LSTM_NSTEPS, msgspec.convert(MODEL | WALK | {"nsteps": 5}, PredictLstm)
        )
    )

    assert job.error is not None
    assert job.error.type == Conflict.type
    assert "2" in job.error.detail


def test_the_worker_that_predicts_has_no_tensorflow_in_it(lstm: Workbench, trained: Job) -> None:
    lstm.ended(lstm.enqueue.begin(PREDICT_LSTM, msgspec.convert(MODEL | WALK, PredictLstm)))
    pids = {p["role"]: p["pid"] for p in lstm.stores.workers.all().values()}

    maps = Path(f"/proc/{pids['worker']}/maps").read_text()

    assert "onnxruntime" in maps
    assert "tensorflow" not in maps
    assert "tensorflow" not in Path(f"/proc/{pids['trainer']}/maps").read_text()


def test_a_model_that_exists_is_trained_again_only_to_overwrite_it(
    lstm: Workbench, trained: Job
) -> None:
    refused = lstm.ended(lstm.enqueue.begin(TRAIN_LSTM, msgspec.convert(TRAINING, TrainLstm)))

    assert refused.error is not None
    assert refused.error.type == Conflict.type


def test_a_training_that_is_cancelled_leaves_no_model(lstm: Workbench) -> None:
    request = TRAINING | {"model_id": "cancelled", "epochs": 200, "units": 64}
    job = lstm.enqueue.begin(TRAIN_LSTM, msgspec.convert(request, TrainLstm))
    eventually(lambda: lstm.stores.jobs.get(job.id).progress.done, 90, "no epoch is done")

    lstm.stores.jobs.cancel(job.id)

    assert lstm.ended(job, seconds=20).state == JobState.CANCELLED
    assert not lstm.stores.named_runs.exists("walk", "cancelled")
    drafts = lstm.settings.data_dir / "models" / ".new"
    assert not drafts.exists() or not list(drafts.iterdir())


def test_one_job_can_train_and_then_predict(trained: Job) -> None:
    assert trained.stages == ["train_lstm_from_redis", "predict_lstm_nsteps"]
    assert trained.error is None
    assert trained.result is not None
    assert len(trained.result["predictions"]) == 2
    assert "scores" in trained.result
    assert trained.result["model"]["id"] == "1"
