"""The one training of every kind: a challenger is judged, recorded, promoted if it earned that."""

import uuid
from collections.abc import Callable
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import msgspec

from core.clock.times import now_ms
from core.errors import CorruptArtifact, JobStopped, TickcastError
from core.forecast_target import ForecastTarget
from core.jobs import Json, Progress
from core.models import CLOSE
from core.requests import Train
from core.series import Market
from storage.models.runs import RunRecord
from storage.stores import Stores
from tasks.forecasts.code_version import code_version
from tasks.jobs.held_job import Report
from tasks.jobs.loaded_models import LoadedModels

if TYPE_CHECKING:
    import pandas as pd

    from ml.evaluation.train_challenger import Challenge, Champion

# What a result tells besides scores, and is kept with them.
_DETAILS = ("baseline", "other_baselines", "calibration", "tp_first", "parts")


def _nothing_more(challenge: "Challenge") -> Json:
    return {}


def train(
    stores: Stores,
    job_id: str,
    asked: Train,
    read: "Callable[[], pd.DataFrame]",
    report: Report,
    more: "Callable[[Challenge], Json]" = _nothing_more,
    **noted: Any,
) -> RunRecord:
    """Train a challenger on the candles that `read` gives; returns its record.

    A training that was killed starts again; one that was killed after its run
    was recorded finds that. Whatever goes wrong, the champion stays. `more` says
    what else is noted of it; what is `noted` besides the recipe is
    for the next training, which comes by itself.
    """
    target, registry = asked.target, stores.registry
    recipe = {"options": asked.options, "seed": asked.seed, "folds": asked.folds, **noted}
    registry.configure(target, recipe, asked.retrain_every, asked.expires_after)
    try:
        return registry.run_of_job(job_id, target) or _train(
            stores, job_id, asked, read, report, more
        )
    except JobStopped:
        raise
    except TickcastError as error:
        registry.note_failure(target, error.detail)
        raise
    except Exception:
        registry.note_failure(target, f"A fault of ours; see the log under {job_id}.")
        raise


def _train(
    stores: Stores,
    job_id: str,
    asked: Train,
    read: "Callable[[], pd.DataFrame]",
    report: Report,
    more: "Callable[[Challenge], Json]",
) -> RunRecord:
    # LightGBM, TA-Lib and pandas come in with this import.
    from ml.evaluation.train_challenger import Recipe, train_challenger
    from ml.models.registry import save_model

    target = asked.target
    recipe = Recipe(target.model, target.horizon, asked.seed, asked.options)
    standing = _standing(stores, target)
    # Whoever speaks, although nothing can be compared with one whose files are damaged.
    champion = stores.registry.champion(target)
    report(Progress(message="reading candles"))
    frame = read()
    costs = stores.markets.get(Market(target.platform, target.symbol)).costs
    done = train_challenger(
        frame,
        target.resolution,
        recipe,
        standing,
        folds=asked.folds,
        costs_bps=costs.round_trip_bps,
        candidates=stores.registry.candidates(target, asked.options, asked.seed),
        report=report,
    )
    report(Progress(message="saving the model"))
    folder = stores.registry.new_folder()
    try:
        save_model(done.model, folder)
        run = _record(
            job_id, asked, target, done, {"costs": msgspec.to_builtins(costs)} | more(done)
        )
        return stores.registry.enter(run, folder, champion.id if champion else None)
    finally:
        rmtree(folder, ignore_errors=True)


def _standing(stores: Stores, target: ForecastTarget) -> "Champion | None":
    """Return the champion to compare with: the newest whose files are whole."""
    from ml.evaluation.train_challenger import Champion, Recipe

    named = stores.registry.champion(target)
    if named is None:
        return None
    try:
        run, model = LoadedModels().champion(stores, named)
    except CorruptArtifact:
        return None
    # Of trainings of the next candle by earlier versions it was not noted.
    trained_until = run.metadata.get("trained_until")
    if trained_until is None:
        return None
    recipe = Recipe(target.model, target.horizon, run.seed, run.options)
    return Champion(model, recipe, trained_until)


def _record(
    job_id: str, asked: Train, target: ForecastTarget, done: "Challenge", more: Json
) -> RunRecord:
    times, result = done.candles["time"], done.result
    return RunRecord(
        id=str(uuid.uuid4()),
        target=target,
        created_at=now_ms(),
        job_id=job_id,
        reason=asked.reason,
        seed=asked.seed,
        options=asked.options,
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
        metadata={name: result[name] for name in _DETAILS if name in result}
        | {
            "folds": [_fold(fold, target.kind) for fold in result["folds"]],
            "trained_until": done.trained_until,
            "sessions": done.sessions,
            "model": done.model.describe(),
            "samples": done.samples,
            "features": done.features,
            "seconds": done.seconds,
            "job": job_id,
        }
        | more,
    )


def _fold(fold: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return what is kept of a fold: of kinds that have many scores, its rows."""
    return fold if kind == CLOSE else {part: fold[part] for part in ("train", "test")}
