"""Trainings for slots, as a caller or the schedule asks for them."""

from functools import partial

from core.answers.forecasts import SlotTrained
from core.clock.times import format_time
from core.jobs import Job
from core.ledger import LIVE
from core.models import CLOSE
from core.requests import Train
from storage.models.runs import RunRecord
from storage.stores import Stores
from tasks.forecasts.ledger_scores import keep_scores
from tasks.forecasts.train_challenger import train
from tasks.jobs.candle_frames import read_frame
from tasks.jobs.held_job import Note, Report


def train_slot(stores: Stores, job: Job[Train], report: Report, note: Note) -> SlotTrained:
    """Train a challenger for the requested target, and promote it or say why not."""
    return train_target(stores, job.id, job.request, report)


def train_target(stores: Stores, job_id: str, asked: Train, report: Report) -> SlotTrained:
    """Do that for a job of several steps."""
    target = asked.target
    read = partial(read_frame, stores, target.series, asked.start, asked.end)
    run = train(stores, job_id, asked, read, report)
    if run.promoted and target.kind == CLOSE and target not in stores.boards.all(LIVE):
        keep_scores(stores, LIVE, target)  # an empty row on the scoreboard, until an outcome
    return show_run(run)


def show_run(run: RunRecord) -> SlotTrained:
    """Return a run as a task's answer."""
    return SlotTrained(
        platform=run.target.platform,
        symbol=run.target.symbol,
        resolution=run.target.resolution,
        horizon=run.target.horizon,
        model=run.target.model,
        run_id=run.id,
        promoted=run.promoted,
        reason=run.decision["reason"],
        comparisons=run.decision["comparisons"],
        candidates=run.decision.get("candidates", 1),
        n=run.n,
        scores=run.scores,
        baseline_scores=run.baseline_scores,
        verdict=run.verdict,
        folds=run.metadata["folds"],
        model_hash=run.model_hash,
        data_hash=run.data_hash,
        code_version=run.code_version,
        seed=run.seed,
        options=run.options,
        costs=run.metadata.get("costs", {}),
        candles=run.candles,
        first_time=format_time(run.first_time * 1_000),
        last_time=format_time(run.last_time * 1_000),
        trained_at=format_time(run.created_at),
    )
