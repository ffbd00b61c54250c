"""Evaluations: a purged walk-forward of any model, of which nothing is kept but the result."""

from typing import Any

from core.jobs import Job, Progress
from storage.stores import Stores
from tasks.jobs.held_job import Note, Report
from tasks.jobs.slot_requests import read_frame, requested_target, target_fields


def evaluate_slot(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Judge a model on the candles of the requested target."""
    # LightGBM, TA-Lib and pandas come in with this import.
    from ml.evaluation.train_challenger import Recipe, evaluate

    request, target = job.request, requested_target(job.request)
    report(Progress(message="reading candles"))
    result = evaluate(
        read_frame(stores, target, request.get("start"), request.get("end")),
        target.resolution,
        Recipe(target.model, target.horizon, request["seed"], request["options"]),
        folds=request["folds"],
        report=report,
    )
    return target_fields(target) | result
