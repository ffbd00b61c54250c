"""Trainings of the next candle: validated and recorded first, then walked forward."""

import uuid
from typing import TYPE_CHECKING, Any

from core.errors import Conflict, InvalidRequest
from core.jobs import Job, Progress
from core.next_candle import HORIZON
from core.times import format_time, now_ms
from storage.models.next_candle_runs import NextCandleRun, hash_of
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
    run = stores.next_candle_runs.of_job(job.id) or _train(stores, job, report)
    report(Progress(run.candles, run.candles, "candles", run.message))
    return show_training(run)


def show_training(run: NextCandleRun) -> dict[str, Any]:
    """Return a training as a task's result."""
    validation = dict(run.result)
    validation.pop("model")
    return {
        "status": "ok",
        **validation,
        "platform": run.platform,
        "symbol": run.symbol,
        "resolution": run.resolution,
        "days": run.days,
        "last_candle": format_time(run.last_time * 1_000),
        "started_at": format_time(run.started_at),
        "finished_at": format_time(run.finished_at),
        "message": run.message,
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


def _train(stores: Stores, job: Job, report: Report) -> NextCandleRun:
    # XGBoost, TA-Lib and pandas come in with this import.
    from ml.evaluation.train_challenger import Recipe, train_challenger
    from ml.models.protocol import FILE

    request, series, started = job.request, requested_series(job.request), now_ms()
    report(Progress(message="reading candles"))
    candles = stores.candles.read(series, request["start"], request["end"])
    report(Progress(0, len(candles), "candles", "training"))
    options, seed = request["options"], request["seed"]
    recipe = Recipe("next_candle", HORIZON, seed, options)
    trained = train_challenger(candles.to_frame(), series.resolution, recipe, None)
    result, content = _validation(trained), trained.model.to_files()[FILE]
    run = NextCandleRun(
        id=str(uuid.uuid4()),
        platform=series.platform,
        symbol=series.symbol,
        resolution=series.resolution,
        job_id=job.id,
        started_at=started,
        finished_at=now_ms(),
        message=_message(result),
        days=request["days"],
        first_time=int(candles.time[0]),
        last_time=int(candles.time[-1]),
        candles=len(candles),
        options=options,
        seed=seed,
        code_version=code_version(),
        result=result,
        model_hash=hash_of(content),
    )
    stores.next_candle_runs.add(run, content.decode())
    return run


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
