"""Evaluations: a purged walk-forward of any model, of which nothing is kept but the result."""

import msgspec

from core.answers.forecasts import Evaluation
from core.jobs import Job, Progress
from core.requests import Evaluate
from core.series import Market
from storage.stores import Stores
from tasks.jobs.candle_frames import read_frame
from tasks.jobs.held_job import Note, Report


def evaluate_slot(stores: Stores, job: Job[Evaluate], report: Report, note: Note) -> Evaluation:
    """Judge a model on the candles of the requested target."""
    # LightGBM, TA-Lib and pandas come in with this import.
    from ml.evaluation.train_challenger import Recipe, evaluate

    asked, target = job.request, job.request.target
    costs = stores.markets.get(Market(target.platform, target.symbol)).costs
    report(Progress(message="reading candles"))
    result = evaluate(
        read_frame(stores, target.series, asked.start, asked.end),
        target.resolution,
        Recipe(target.model, target.horizon, asked.seed, asked.options),
        folds=asked.folds,
        costs_bps=costs.round_trip_bps,
        report=report,
    )
    return msgspec.convert(
        msgspec.structs.asdict(target) | result | {"costs": msgspec.to_builtins(costs)}, Evaluation
    )
