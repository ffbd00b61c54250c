"""Trainings: candles out of Redis, a model into the store."""

import uuid
from shutil import rmtree
from typing import Any

import msgspec

from core.answers.lstm import TrainResult
from core.clock.times import now_ms, parse_time
from core.errors import Conflict, NotFound
from core.forecast_target import target_of_series
from core.jobs import Job, Progress
from core.requests import TrainLstm
from core.series import Market, Series
from storage.models.runs import RunRecord
from storage.stores import Stores
from tasks.forecasts.code_version import code_version
from tasks.jobs.held_job import Note, Report

LSTM = "lstm"
# What a model's metadata and the training's result have in common.
REPORTED = ("n", "scores", "baseline_scores", "verdict", "folds", "by_horizon", "seconds")


def train_lstm_from_redis(
    stores: Stores, job: Job[TrainLstm], report: Report, note: Note
) -> TrainResult:
    """Train an LSTM on all finished candles of the requested series and save it.

    A training that was killed starts again from the beginning; one that was
    killed after its model was saved finds it and is done: the model's record
    names the job for that.
    """
    record = _saved_by(stores, job) or _train(stores, job, report)
    metadata = record.metadata
    model: dict[str, Any] = {"name": record.name, "id": record.name_id}
    model |= {key: metadata.get(key) for key in ("trained_at", "data_hash")}
    told = {key: metadata[key] for key in REPORTED if key in metadata}
    return TrainResult(model=model, **told)


def _saved_by(stores: Stores, job: Job[TrainLstm]) -> RunRecord | None:
    """Return the model that an earlier attempt at this job saved."""
    try:
        record = stores.named_runs.get(job.request.model_name, job.request.model_id)
    except NotFound:
        return None
    if record.job_id == job.id:
        return record
    if job.request.overwrite:
        return None
    raise Conflict("model_name and model_id exist; choose another id or overwrite.")


def _train(stores: Stores, job: Job[TrainLstm], report: Report) -> RunRecord:
    # TensorFlow comes in with this import: the trainer's processes only.
    from ml.evaluation.train_challenger import Recipe, train_challenger
    from ml.models.lstm.metadata import describe_training
    from ml.models.lstm.model import LstmModel
    from ml.models.lstm.options import LstmOptions
    from ml.models.registry import save_model

    series = job.request.series
    report(Progress(message="reading candles"))
    frame = stores.candles.read(series).to_frame()
    asked = msgspec.to_builtins(job.request)
    given = {n: asked[n] for n in LstmOptions.__struct_fields__ if n in asked}
    options = msgspec.convert(given, LstmOptions)
    recipe = Recipe(LSTM, options.nsteps, options.seed, msgspec.structs.asdict(options))
    costs = stores.markets.get(Market(series.platform, series.symbol)).costs
    trained = train_challenger(
        frame,
        series.resolution,
        recipe,
        None,
        folds=options.folds,
        costs_bps=costs.round_trip_bps,
        report=report,
    )
    report(Progress(message="saving the model"))
    folder = stores.registry.new_folder()
    try:
        assert isinstance(trained.model, LstmModel)
        save_model(trained.model, folder)
        noted = describe_training(trained.model, trained.result, trained.candles, trained.seconds)
        noted["costs"] = msgspec.to_builtins(costs)
        run = _record(job, series, noted)
        return stores.named_runs.save(run, folder, overwrite=job.request.overwrite)
    finally:
        rmtree(folder, ignore_errors=True)


def _record(job: Job[TrainLstm], series: Series, noted: dict[str, Any]) -> RunRecord:
    first, last = (parse_time(noted[name], name) // 1_000 for name in ("first_time", "last_time"))
    return RunRecord(
        id=str(uuid.uuid4()),
        target=target_of_series(series, noted["nsteps"], LSTM),
        name=job.request.model_name,
        name_id=job.request.model_id,
        created_at=now_ms(),
        job_id=job.id,
        reason="requested",
        seed=noted["seed"],
        options=noted["options"],
        data_hash=noted["data_hash"],
        first_time=first,
        last_time=last,
        candles=noted["candles"],
        code_version=code_version(),
        n=noted["n"],
        scores=noted["scores"],
        baseline_scores=noted["baseline_scores"],
        verdict=noted["verdict"],
        promoted=False,
        decision={"reason": "It is called by its name.", "comparisons": []},
        metadata={**noted, "job_id": job.id},
    )
