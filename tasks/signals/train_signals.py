"""Trainings of ranges and signals of a series, several horizons in one job."""

from typing import TYPE_CHECKING

from core.answers.forecasts import SignalsModel, SignalsTrained
from core.clock.times import format_time
from core.errors import InvalidRequest
from core.jobs import Job, Progress
from core.requests import Train, TrainSignals
from core.series import Series
from core.signals import RANGE_MODEL, model_name, path_target, signal_model
from storage.models.runs import RunRecord
from storage.stores import Stores
from tasks.forecasts.train_challenger import train
from tasks.jobs.candle_frames import frame_of
from tasks.jobs.held_job import Note, Report

if TYPE_CHECKING:
    import pandas as pd

# A watched series is trained again after a week, and its champions expire after 30 days (s).
RETRAIN_EVERY, EXPIRES_AFTER = 604_800, 2_592_000


def train_signals(
    stores: Stores, job: Job[TrainSignals], report: Report, note: Note
) -> SignalsTrained:
    """Train both kinds of model for each of the requested `horizons` of a series, then ranges.

    Each that is done is noted, so that a training which was killed goes on with
    the next. The first speaks whatever it found, what it cannot prove the answers
    say; from then on the better one does.
    """
    series = job.request.series
    models = RANGE_MODEL, signal_model(job.request.rr_config)
    wanted = [(horizon, model) for horizon in job.request.horizons for model in models]
    ranges = [ahead for ahead in job.request.range_horizons if ahead not in job.request.horizons]
    wanted += [(horizon, RANGE_MODEL) for horizon in ranges]
    done: dict[str, str] = dict(job.checkpoint)
    report(Progress(len(done), len(wanted), "models", "reading candles"))
    frame = _frame(stores, series)
    for horizon, model in wanted:
        target = path_target(series, horizon, model)
        if str(target) not in done:
            asked = _one(job.request, horizon, model)
            done[str(target)] = train(stores, job.id, asked, lambda: frame, report).id
            note(done)
    runs = [stores.registry.run(run_id) for run_id in done.values()]
    return SignalsTrained(
        platform=series.platform,
        symbol=series.symbol,
        resolution=series.resolution,
        models=[_show(run) for run in runs],
    )


def _one(asked: TrainSignals, horizon: int, model: str) -> Train:
    return Train(
        platform=asked.platform,
        symbol=asked.symbol,
        resolution=asked.resolution,
        horizon=horizon,
        model=model,
        folds=asked.folds,
        seed=asked.seed,
        retrain_every=RETRAIN_EVERY,
        expires_after=EXPIRES_AFTER,
        reason=asked.reason,
    )


def _show(run: RunRecord) -> SignalsModel:
    return SignalsModel(
        name=model_name(run.target),
        run_id=run.id,
        model=run.target.model,
        horizon=run.target.horizon,
        n=run.n,
        scores=run.scores,
        baseline_scores=run.baseline_scores,
        verdict=run.verdict,
        candles=run.candles,
        first_time=format_time(run.first_time * 1_000),
        last_time=format_time(run.last_time * 1_000),
        trained_at=format_time(run.created_at),
    )


def _frame(stores: Stores, series: Series) -> "pd.DataFrame":
    # pandas and TA-Lib come in with this import.
    from ml.models.protocol import MAX_CANDLES

    # The newest may be unfinished, which is not learnt from.
    candles = stores.candles.read(series, limit=MAX_CANDLES + 1, newest=True)
    if not len(candles):
        raise InvalidRequest(f"No candles are held of {series}.")
    return frame_of(stores, series, candles)
