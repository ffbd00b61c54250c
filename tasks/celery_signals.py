"""The Celery tasks of ranges and signals; `tasks.celery_tasks` has the others."""

from typing import Any

from core.jobs import Job
from storage.stores import Stores
from tasks import queues
from tasks.celery_tasks import QUESTIONS, periodic, stage_of_job, task
from tasks.jobs.held_job import Note, Report
from tasks.runtime import runtime
from tasks.signals import generate_signal as generating
from tasks.signals import predict_range as answering
from tasks.signals import refresh_answers as keeping
from tasks.signals import score_signals as scoring
from tasks.signals import train_signals as training


def _signal(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Give a signal in the words that the settings choose."""
    words = runtime().settings.signal_words
    return generating.generate_signal(words, stores, job, report, note)


@task(queues.PREDICT_RANGE)
def predict_range(job_id: str, stage: int) -> None:
    """Forecast the range of the path ahead."""
    stage_of_job(job_id, stage, answering.predict_range)


@task(queues.GENERATE_SIGNAL)
def generate_signal(job_id: str, stage: int) -> None:
    """Give a signal."""
    stage_of_job(job_id, stage, _signal)


QUESTIONS[queues.PREDICT_RANGE] = answering.predict_range
QUESTIONS[queues.GENERATE_SIGNAL] = _signal


@task(queues.TRAIN_OUTLOOK)
def train_outlook(job_id: str, stage: int) -> None:
    """Train ranges and signals of a series."""
    stage_of_job(job_id, stage, training.train_outlook)


@periodic(queues.TRAIN_OUTLOOKS)
def train_outlooks() -> None:
    """Queue the trainings of watched series that are due."""
    keeping.train_outlooks(runtime().stores, runtime().enqueue)


@periodic(queues.ANSWER_OUTLOOKS)
def answer_outlooks() -> None:
    """Make the answers of watched series once a candle has closed."""
    keeping.answer_outlooks(runtime().stores, runtime().settings.signal_words)


@periodic(queues.SCORE_SIGNALS)
def score_signals() -> None:
    """Join the outcomes of signals."""
    scoring.score_signals(runtime().stores)
