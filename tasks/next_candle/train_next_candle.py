"""Trainings of the next candle: validated and recorded first, then walked forward."""

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from core.answers.forecasts import SlotTrained
from core.answers.next_candle import NotWalked, Trained, Walked
from core.clock.times import format_time, now_ms
from core.errors import Conflict, InvalidRequest
from core.jobs import Job, Json, Progress
from core.next_candle import DAY_S, HORIZON, MODEL
from core.requests import Train, TrainNextCandle
from storage.models.runs import RunRecord
from storage.stores import Stores
from tasks.forecasts.train_challenger import train
from tasks.forecasts.train_slots import train_target
from tasks.jobs.candle_frames import read_frame
from tasks.jobs.held_job import Note, Report

if TYPE_CHECKING:
    import pandas as pd

    from ml.evaluation.train_challenger import Challenge


def train_next_candle(
    stores: Stores, job: Job[TrainNextCandle], report: Report, note: Note
) -> Trained:
    """Train on the newest `days` of candles, and validate on the newest fifth of them.

    The first model draws the series whatever it found; from then on the better one does.
    """
    asked, started = job.request, now_ms()

    def more(done: "Challenge") -> Json:
        validation = _validation(done)
        return {
            "result": validation,
            "days": asked.days,
            "message": _message(validation, done.promoted),
            "started_at": started,
            "finished_at": now_ms(),
        }

    read = partial(_read, stores, asked)
    run = train(stores, job.id, _own(asked), read, report, more, days=asked.days)
    report(Progress(run.candles, run.candles, "candles", run.metadata["message"]))
    return show_training(run)


def show_training(run: RunRecord) -> Trained:
    """Return a training as a task's answer."""
    noted = run.metadata
    shown = {
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
    return msgspec.convert(shown, Trained)


def walk_next_candle(
    stores: Stores, job: Job[TrainNextCandle], report: Report, note: Note
) -> Walked:
    """Judge the same recipe by a walk-forward, and let it speak in the ledger if it earned that.

    The series is watched from then on where the request says so. Too few
    candles for a walk-forward are no failure of the training.
    """
    try:
        walked: SlotTrained | NotWalked = train_target(stores, job.id, job.request, report)
    except (InvalidRequest, Conflict) as error:
        walked = NotWalked(False, error.detail)
    if job.request.watch:
        stores.watches.add(job.request.series)
    return Walked(walked, job.request.watch)


def _own(asked: TrainNextCandle) -> Train:
    """Return the request of the model that draws the series; `asked` names the ledger's."""
    shared = {name: getattr(asked, name) for name in Train.__struct_fields__}
    return Train(**shared | {"model": MODEL, "horizon": HORIZON})


def _read(stores: Stores, asked: TrainNextCandle) -> "pd.DataFrame":
    start, end = asked.start, asked.end
    newest = stores.candles.read(asked.series, limit=1, newest=True)
    if start is None and len(newest):
        start = int(newest.time[0]) - asked.days * DAY_S + asked.resolution
    return read_frame(stores, asked.series, start, end)


def _validation(done: "Challenge") -> Json:
    """Return the scores of the newest fifth as source 000 shows them, flat."""
    result, fold = done.result, done.result["folds"][0]
    ours, theirs = dict(result["scores"]), dict(result["baseline_scores"])
    targets, naive = ours.pop("targets"), theirs.pop("targets")
    return {
        "samples": done.samples,
        "split_train": fold["train"]["n"],
        "split_total": done.samples,
        "validation_start": fold["test"]["start"],
        "data_hash": result["data_hash"],
        **ours,
        "baseline": theirs,
        "verdict": result["verdict"],
        "targets": {name: errors | {"baseline": naive[name]} for name, errors in targets.items()},
    }


def _message(result: Json, promoted: bool) -> str:
    goes_on = "" if promoted else " The model before draws the series on: this one is not better."
    return (
        f"Trained on {result['split_train']:,} of {result['samples']:,} candles. On the newest "
        f"fifth the close was missed by {result['mae']:.6g} on average, by last price "
        f"by {result['baseline']['mae']:.6g}: {result['verdict']}.{goes_on}"
    )
