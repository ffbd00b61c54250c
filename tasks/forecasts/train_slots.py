"""Trainings for targets: a challenger is judged, recorded, and promoted if it earned that."""

import uuid
from shutil import rmtree
from typing import TYPE_CHECKING, Any

from core.errors import JobStopped, TickcastError
from core.forecast_target import ForecastTarget
from core.jobs import Job, Progress
from core.ledger import LIVE
from core.times import format_time, now_ms
from storage.models.runs import RunRecord
from storage.stores import Stores
from tasks.forecasts.code_version import code_version
from tasks.forecasts.ledger_scores import keep_scores
from tasks.jobs.held_job import Note, Report
from tasks.jobs.loaded_models import load_model
from tasks.jobs.slot_requests import read_frame, requested_target, target_fields

if TYPE_CHECKING:
    from ml.evaluation.train_challenger import Challenge, Champion


def train_slot(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Train a challenger for the requested target, and promote it or say why not.

    A training that was killed starts again; one that was killed after its run
    was recorded finds that. Whatever goes wrong, the champion stays.
    """
    request, target = job.request, requested_target(job.request)
    recipe = {name: request[name] for name in ("options", "seed", "folds")}
    stores.registry.configure(target, recipe, request["retrain_every"], request["expires_after"])
    try:
        run = stores.registry.run_of_job(job.id, target) or _train(stores, job, target, report)
    except JobStopped:
        raise
    except TickcastError as error:
        stores.registry.note_failure(target, error.detail)
        raise
    except Exception:
        stores.registry.note_failure(target, f"A fault of ours; see the log under {job.id}.")
        raise
    if run.promoted and target not in stores.boards.all(LIVE):
        keep_scores(stores, LIVE, target)  # an empty row on the scoreboard, until the first outcome
    return show_run(run)


def show_run(run: RunRecord) -> dict[str, Any]:
    """Return a run as a task's result."""
    return target_fields(run.target) | {
        "run_id": run.id,
        "promoted": run.promoted,
        "reason": run.decision["reason"],
        "comparisons": run.decision["comparisons"],
        "n": run.n,
        "scores": run.scores,
        "baseline_scores": run.baseline_scores,
        "verdict": run.verdict,
        "folds": run.metadata["folds"],
        "model_hash": run.model_hash,
        "data_hash": run.data_hash,
        "code_version": run.code_version,
        "seed": run.seed,
        "options": run.options,
        "candles": run.candles,
        "first_time": format_time(run.first_time * 1_000),
        "last_time": format_time(run.last_time * 1_000),
        "trained_at": format_time(run.created_at),
    }


def _train(stores: Stores, job: Job, target: ForecastTarget, report: Report) -> RunRecord:
    # LightGBM, TA-Lib and pandas come in with this import.
    from ml.evaluation.train_challenger import Recipe, train_challenger
    from ml.models.registry import save_model

    request = job.request
    recipe = Recipe(target.model, target.horizon, request["seed"], request["options"])
    champion = stores.registry.champion(target)
    report(Progress(message="reading candles"))
    frame = read_frame(stores, target, request.get("start"), request.get("end"))
    standing = None if champion is None else _standing(stores, champion)
    done = train_challenger(
        frame, target.resolution, recipe, standing, folds=request["folds"], report=report
    )
    report(Progress(message="saving the model"))
    folder = stores.registry.new_folder()
    try:
        save_model(done.model, folder)
        run = _record(job, target, done)
        return stores.registry.enter(run, folder, champion.id if champion else None)
    finally:
        rmtree(folder, ignore_errors=True)


def _standing(stores: Stores, run: RunRecord) -> "Champion":
    from ml.evaluation.train_challenger import Champion, Recipe

    recipe = Recipe(run.target.model, run.target.horizon, run.seed, run.options)
    model = load_model(stores, run)
    return Champion(model, recipe, run.metadata["trained_until"])


def _record(job: Job, target: ForecastTarget, done: "Challenge") -> RunRecord:
    times = done.candles["time"]
    result = done.result
    described = {key: result[key] for key in ("folds", "other_baselines", "calibration")}
    return RunRecord(
        id=str(uuid.uuid4()),
        target=target,
        created_at=now_ms(),
        job_id=job.id,
        reason=job.request["reason"],
        seed=job.request["seed"],
        options=job.request["options"],
        data_hash=result["data_hash"],
        first_time=int(times.iloc[0]),
        last_time=int(times.iloc[-1]),
        candles=len(times),
        code_version=code_version(),
        n=result["n"],
        scores=result["scores"],
        baseline_scores=result["baseline_scores"],
        verdict=result["verdict"],
        promoted=done.promoted,
        decision=done.decision,
        metadata=described
        | {
            "trained_until": done.trained_until,
            "sessions": done.sessions,
            "model": done.model.describe(),
            "job": job.id,
        },
    )
