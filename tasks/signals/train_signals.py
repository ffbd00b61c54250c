"""Trainings of ranges and signals: judged, recorded, and speaking from then on."""

import uuid
from shutil import rmtree
from typing import TYPE_CHECKING, Any

from core.errors import InvalidRequest, JobStopped, TickcastError
from core.forecast_target import ForecastTarget, target_of_series
from core.jobs import Job, Progress
from core.series import Series, make_series
from core.signals import PATH_MODELS, model_name
from core.times import format_time, now_ms
from storage.models.runs import RunRecord
from storage.stores import Stores
from tasks.forecasts.code_version import code_version
from tasks.jobs.held_job import Note, Report

if TYPE_CHECKING:
    import pandas as pd

    from ml.evaluation.train_challenger import Challenge

# A watched series is trained again after a week.
RETRAIN_EVERY = 604_800


def train_outlook(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Train both kinds of model for each of the requested `horizons` of a series.

    Each that is done is noted, so that a training which was killed goes on with
    the next. The newest training speaks, whatever it found: what it cannot prove
    the answers say.
    """
    request = job.request
    series = make_series(request["platform"], request["symbol"], request["resolution"])
    wanted = [(horizon, kind) for horizon in request["horizons"] for kind in PATH_MODELS]
    done: dict[str, str] = dict(job.checkpoint)
    report(Progress(len(done), len(wanted), "models", "reading candles"))
    frame = _frame(stores, series)
    for horizon, kind in wanted:
        target = target_of_series(series, horizon, kind, None)
        if str(target) not in done:
            done[str(target)] = _train(stores, job, target, frame, report)
            note(done)
    runs = [stores.registry.run(run_id) for run_id in done.values()]
    return {
        "platform": series.platform,
        "symbol": series.symbol,
        "resolution": series.resolution,
        "models": [show_outlook_run(run) for run in runs],
    }


def show_outlook_run(run: RunRecord) -> dict[str, Any]:
    """Return a training as a task's result."""
    return {
        "name": model_name(run.target),
        "run_id": run.id,
        "model": run.target.model,
        "horizon": run.target.horizon,
        "n": run.n,
        "scores": run.scores,
        "baseline_scores": run.baseline_scores,
        "verdict": run.verdict,
        "candles": run.candles,
        "first_time": format_time(run.first_time * 1_000),
        "last_time": format_time(run.last_time * 1_000),
        "trained_at": format_time(run.created_at),
    }


def _frame(stores: Stores, series: Series) -> "pd.DataFrame":
    # pandas and TA-Lib come in with this import.
    from ml.models.protocol import MAX_CANDLES

    # The newest may be unfinished, which is not learnt from.
    candles = stores.candles.read(series, limit=MAX_CANDLES + 1, newest=True)
    if not len(candles):
        raise InvalidRequest(f"No candles are held of {series}.")
    return candles.to_frame()


def _train(
    stores: Stores, job: Job, target: ForecastTarget, frame: "pd.DataFrame", report: Report
) -> str:
    """Train one model; returns the id of its record."""
    # LightGBM, TA-Lib and pandas come in with this import.
    from ml.evaluation.train_challenger import Recipe, train_challenger

    request, registry = job.request, stores.registry
    record = registry.configure(target, {}, RETRAIN_EVERY, 0)
    try:
        recipe = Recipe(target.model, target.horizon, request["seed"])
        trained = train_challenger(
            frame, target.resolution, recipe, None, folds=request["folds"], report=report
        )
    except JobStopped:
        raise
    except TickcastError as error:
        registry.note_failure(target, error.detail)
        raise
    except Exception:
        registry.note_failure(target, f"A fault of ours; see the log under {job.id}.")
        raise
    return _enter(stores, job, target, trained, record.champion_id)


def _enter(
    stores: Stores,
    job: Job,
    target: ForecastTarget,
    trained: "Challenge",
    champion_id: str | None,
) -> str:
    # LightGBM, TA-Lib and pandas come in with this import.
    from ml.models.registry import save_model

    folder = stores.registry.new_folder()
    try:
        save_model(trained.model, folder)
        run = _record(job, target, trained)
        return stores.registry.enter(run, folder, champion_id).id
    finally:
        rmtree(folder, ignore_errors=True)


def _record(job: Job, target: ForecastTarget, trained: "Challenge") -> RunRecord:
    result, times = trained.result, trained.candles["time"]
    return RunRecord(
        id=str(uuid.uuid4()),
        target=target,
        created_at=now_ms(),
        job_id=job.id,
        reason=job.request["reason"],
        seed=job.request["seed"],
        options={},
        data_hash=result["data_hash"],
        first_time=int(times.iloc[0]),
        last_time=int(times.iloc[-1]),
        candles=len(times),
        code_version=code_version(),
        n=result["n"],
        scores=result["scores"],
        baseline_scores=result["baseline_scores"],
        verdict=result["verdict"],
        promoted=True,
        decision={"reason": "The newest training speaks.", "comparisons": {}},
        metadata={
            "sessions": trained.sessions,
            "trained_until": trained.trained_until,
            "model": trained.model.describe(),
            "folds": [{part: fold[part] for part in ("train", "test")} for fold in result["folds"]],
            "samples": trained.samples,
            "features": trained.features,
            "seconds": trained.seconds,
        },
    )
