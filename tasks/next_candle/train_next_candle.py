"""Trainings of the next candle: validated and recorded first, then walked forward."""

import uuid
from shutil import rmtree
from typing import TYPE_CHECKING, Any

from core.errors import Conflict, InvalidRequest
from core.forecast_target import ForecastTarget
from core.jobs import Job, Progress
from core.next_candle import candle_target
from core.times import format_time, now_ms
from storage.candles.candle_columns import Candles
from storage.models.runs import RunRecord
from storage.stores import Stores
from tasks.forecasts.code_version import code_version
from tasks.forecasts.train_slots import train_slot
from tasks.jobs.held_job import Note, Report
from tasks.jobs.requests import requested_series

if TYPE_CHECKING:
    from ml.evaluation.train_challenger import Challenge


def train_next_candle(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Train on the candles of the request (`start, end` in s) and validate on the newest fifth.

    A training that was killed after its record was made finds that.
    """
    target = candle_target(requested_series(job.request))
    run = stores.registry.run_of_job(job.id, target) or _train(stores, job, target, report)
    report(Progress(run.candles, run.candles, "candles", run.metadata["message"]))
    return show_training(run)


def show_training(run: RunRecord) -> dict[str, Any]:
    """Return a training as a task's result."""
    noted = run.metadata
    return {
        "status": "ok",
        **noted["result"],
        "platform": run.series.platform,
        "symbol": run.series.symbol,
        "resolution": run.series.resolution,
        "days": noted["days"],
        "last_candle": format_time(run.last_time * 1_000),
        "started_at": format_time(noted["started_at"]),
        "finished_at": format_time(noted["finished_at"]),
        "message": noted["message"],
        "library": run.options.get("library"),
        "run_id": run.id,
    }


def walk_next_candle(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Judge the same recipe by a walk-forward, and let it speak in the ledger if it earned that.

    The series is watched from then on where the request says so. Too few
    candles for a walk-forward are no failure of the training.
    """
    request = job.request
    try:
        walked: dict[str, Any] = train_slot(stores, job, report, note)
    except (InvalidRequest, Conflict) as error:
        walked = {"promoted": False, "reason": error.detail}
    if request["watch"]:
        stores.watches.add(requested_series(request))
    return {"walk_forward": walked, "watched": bool(request["watch"])}


def _train(stores: Stores, job: Job, target: ForecastTarget, report: Report) -> RunRecord:
    # XGBoost, TA-Lib and pandas come in with this import.
    from ml.evaluation.train_challenger import Recipe, train_challenger
    from ml.models.protocol import FILE

    request, started = job.request, now_ms()
    report(Progress(message="reading candles"))
    candles = stores.candles.read(target.series, request["start"], request["end"])
    report(Progress(0, len(candles), "candles", "training"))
    wanted = {name: request[name] for name in ("options", "seed", "folds", "days")}
    champion_id = stores.registry.configure(target, wanted, request["retrain_every"], 0).champion_id
    recipe = Recipe(target.model, target.horizon, request["seed"], request["options"])
    trained = train_challenger(candles.to_frame(), target.resolution, recipe, None)
    result = _validation(trained)
    folder = stores.registry.new_folder()
    try:
        (folder / FILE).write_bytes(trained.model.to_files()[FILE])
        run = _record(job, target, candles, result, started)
        return stores.registry.enter(run, folder, champion_id)
    finally:
        rmtree(folder, ignore_errors=True)


def _record(
    job: Job, target: ForecastTarget, candles: Candles, result: dict[str, Any], started: int
) -> RunRecord:
    validation, request = dict(result), job.request
    described = validation.pop("model")
    return RunRecord(
        id=str(uuid.uuid4()),
        target=target,
        created_at=now_ms(),
        job_id=job.id,
        reason=request["reason"],
        seed=request["seed"],
        options=request["options"],
        data_hash=result["data_hash"],
        first_time=int(candles.time[0]),
        last_time=int(candles.time[-1]),
        candles=len(candles),
        code_version=code_version(),
        n=result["samples"] - result["split_train"],
        scores={name: result[name] for name in ("mae", "mape", "smape", "skill")},
        baseline_scores=result["baseline"],
        verdict=result["verdict"],
        promoted=True,
        decision={"reason": "The newest training speaks.", "comparisons": []},
        metadata={
            "result": validation,
            "model": described,
            "days": request["days"],
            "message": _message(result),
            "started_at": started,
            "finished_at": now_ms(),
        },
    )


def _validation(trained: "Challenge") -> dict[str, Any]:
    """Return the scores of the newest fifth as source 000 shows them, flat."""
    result, fold = trained.result, trained.result["folds"][0]
    ours, theirs = dict(result["scores"]), dict(result["baseline_scores"])
    targets, naive = ours.pop("targets"), theirs.pop("targets")
    return {
        "samples": trained.samples,
        "split_train": fold["train"]["n"],
        "split_total": trained.samples,
        "validation_start": fold["test"]["start"],
        "data_hash": result["data_hash"],
        "model": fold["model"],
        **ours,
        "baseline": theirs,
        "verdict": result["verdict"],
        "targets": {name: errors | {"baseline": naive[name]} for name, errors in targets.items()},
    }


def _message(result: dict[str, Any]) -> str:
    return (
        f"Trained on {result['split_train']:,} of {result['samples']:,} candles. On the newest "
        f"fifth the close was missed by {result['mae']:.6g} on average, by last price "
        f"by {result['baseline']['mae']:.6g}: {result['verdict']}."
    )
