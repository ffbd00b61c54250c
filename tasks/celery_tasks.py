"""Every Celery task, with its queue, expiry and schedule: what runs in the background.

The work is in plain functions. What they need of ccxt, Keras, ONNX Runtime or
pandas they import when the first message comes: this page loads in no time.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from celery import Celery, shared_task  # type: ignore[import-untyped]
from celery.exceptions import Ignore, Reject  # type: ignore[import-untyped]

from core.times import now_ms
from tasks import queues
from tasks.candles import collect_candles as collecting
from tasks.candles import compute_indicators as indicating
from tasks.candles import refresh_watched as refreshing
from tasks.candles import store_candles as storing
from tasks.forecasts import evaluate_slots, train_slots
from tasks.forecasts import leak_test_features as leak_testing
from tasks.forecasts import replay_walk as replaying
from tasks.jobs import answer_calls as answering
from tasks.jobs import reap_jobs as reaping
from tasks.jobs.run_step import After, Work, run_stage
from tasks.lstm import predict_lstm as make_forecasts
from tasks.lstm import train_lstm as training
from tasks.runtime import runtime
from tasks.trades import backfill_gaps as filling
from tasks.trades import detect_anomalies as detecting
from tasks.trades import maintain_inbox as intake
from tasks.trades import maintain_stream as keeping
from tasks.trades import note_quiet
from tasks.trades import process_trades as processing
from tasks.trades.backfill_gaps import Backfill

T = TypeVar("T", bound=Callable[..., None])

# Beat's periods (s). A run that waited for nearly a period is dropped: the next one comes.
SCHEDULE = {
    queues.KEEP_INTAKE: 2.0,
    queues.KEEP_STREAM: 2.0,
    queues.NOTE_QUIET: 30.0,
    queues.BACKFILL_GAPS: 5.0,
    queues.REAP_JOBS: 5.0,
    queues.REFRESH_WATCHED: 2.0,
    queues.FORECAST_SLOTS: 2.0,
    queues.SCORE_FORECASTS: 5.0,
    queues.RETRAIN_SLOTS: 60.0,
    queues.TRAIN_OUTLOOKS: 60.0,
    queues.ANSWER_OUTLOOKS: 2.0,
    queues.SCORE_SIGNALS: 10.0,
    queues.EXTEND_SERIES: 5.0,
    queues.SWEEP_MODELS: 3_600.0,
}


def task(name: str, **options: Any) -> Callable[[T], T]:
    """Register a function as the Celery task `name`; its queue is in `tasks.queues`."""
    decorate: Callable[[T], T] = shared_task(name=name, **options)
    return decorate


def periodic(name: str) -> Callable[[T], T]:
    """Register a task of the schedule."""
    return task(name, expires=SCHEDULE[name] * 0.9)


@task(queues.FETCH_CANDLES)
def fetch_candles(job_id: str, stage: int) -> None:
    """Fetch candles from an exchange."""
    stage_of_job(job_id, stage, partial(collecting.collect_candles, runtime().exchange))


@task(queues.STORE_CANDLES)
def store_candles(job_id: str, stage: int) -> None:
    """Store candles that a caller brought."""
    stage_of_job(job_id, stage, storing.store_candles)


@task(queues.TRAIN_LSTM)
def train_lstm_from_redis(job_id: str, stage: int) -> None:
    """Train an LSTM on the stored candles."""
    stage_of_job(job_id, stage, training.train_lstm_from_redis)


@task(queues.PREDICT_LSTM)
def predict_lstm(job_id: str, stage: int) -> None:
    """Predict the next candle."""
    stage_of_job(job_id, stage, make_forecasts.predict_lstm)


@task(queues.PREDICT_LSTM_NSTEPS)
def predict_lstm_nsteps(job_id: str, stage: int) -> None:
    """Predict the next n candles."""
    stage_of_job(job_id, stage, make_forecasts.predict_lstm_nsteps)


@task(queues.COMPUTE_INDICATORS)
def compute_indicators(job_id: str, stage: int) -> None:
    """Compute the indicators of a series."""
    stage_of_job(job_id, stage, indicating.compute_indicators)


# Work that may also be asked for without a job, by the name of its task.
QUESTIONS: dict[str, Work] = {queues.COMPUTE_INDICATORS: indicating.compute_indicators}


@task(queues.ANSWER_QUESTION)
def answer_question(question_id: str, name: str, request: dict[str, Any]) -> None:
    """Do work whose answer only its caller needs."""
    question = answering.make_question(question_id, name, request)
    answering.answer_question(runtime().stores, question, QUESTIONS[name])


@task(queues.PROCESS_TRADES)
def process_trade_data(batch_id: str) -> None:
    """Store a micro-batch of live trades."""
    processing.process_batch(runtime().stream, batch_id)


@task(queues.DETECT_ANOMALY)
def detect_anomaly(platform: str, symbols: list[str]) -> None:
    """Judge the trades that were stored since the last look."""
    exclude = runtime().settings.exclude_anomalies
    detecting.detect_anomalies(runtime().stream, platform, symbols, exclude=exclude)


@task(queues.PROCESS_TICKERS)
def process_ticker_data(batch_id: str) -> None:
    """Store a micro-batch of quotes."""
    processing.process_batch(runtime().stream, batch_id)


@periodic(queues.KEEP_INTAKE)
def keep_intake() -> None:
    """Name batches of live data again whose messages got lost."""
    shared = runtime()
    waiting = shared.enqueue.queue_lengths()[queues.STREAM]
    intake.keep_intake(shared.stream, shared.enqueue_stream, waiting)


@periodic(queues.KEEP_STREAM)
def keep_stream() -> None:
    """Look after live markets between their trades."""
    shared = runtime()
    keeping.keep_stream(shared.stores, shared.stream, shared.gaps, now_ms(), shared.journal_ms)


@periodic(queues.NOTE_QUIET)
def note_quiet_spans() -> None:
    """Record spans without trades."""
    shared = runtime()
    note_quiet.note_quiet_spans(shared.stores, shared.stream, shared.gaps)


@periodic(queues.BACKFILL_GAPS)
def backfill_gaps() -> None:
    """Fetch trades that were missed."""
    shared = runtime()
    work = Backfill(shared.stores, shared.stream, shared.gaps, shared.trades)
    filling.backfill_gaps(work)


@task(queues.EVALUATE_SLOT)
def evaluate_slot(job_id: str, stage: int) -> None:
    """Judge a model by a walk-forward."""
    stage_of_job(job_id, stage, evaluate_slots.evaluate_slot)


@task(queues.TRAIN_SLOT)
def train_slot(job_id: str, stage: int) -> None:
    """Train a challenger for a slot."""
    stage_of_job(job_id, stage, train_slots.train_slot)


@task(queues.REPLAY_WALK)
def replay_walk(job_id: str, stage: int) -> None:
    """Walk a slot through the past."""
    stage_of_job(job_id, stage, replaying.replay_walk)


@task(queues.LEAK_TEST)
def leak_test_features(job_id: str, stage: int) -> None:
    """Try whether a feature knows the future."""
    stage_of_job(job_id, stage, leak_testing.leak_test_features)


@periodic(queues.FORECAST_SLOTS)
def forecast_slots() -> None:
    """Forecast the watched slots whose candle has closed."""
    runtime().forecaster.run()


@periodic(queues.SCORE_FORECASTS)
def score_forecasts() -> None:
    """Join the outcomes of forecasts whose target has closed."""
    runtime().scorer.run(runtime().stores)


@periodic(queues.RETRAIN_SLOTS)
def retrain_slots() -> None:
    """Queue the trainings of slots that are due."""
    runtime().retrainer.run(runtime().stores, runtime().enqueue)


@periodic(queues.REAP_JOBS)
def reap_jobs() -> None:
    """Take jobs out of dead hands, and send again what got lost."""
    reaping.reap_jobs(runtime().stores, runtime().enqueue)


@periodic(queues.REFRESH_WATCHED)
def refresh_watched() -> None:
    """Fetch what is new of the watched series."""
    shared = runtime()
    days = shared.settings.backfill_days
    if refreshing.refresh_watched(shared.stores, shared.enqueue, shared.exchange, days):
        shared.enqueue.run_now(queues.FORECAST_SLOTS, SCHEDULE[queues.FORECAST_SLOTS])


@periodic(queues.SWEEP_MODELS)
def sweep_models() -> None:
    """Remove folders of models that a crash left without a record."""
    runtime().stores.models.sweep()
    runtime().stores.registry.sweep()


def stage_of_job(job_id: str, stage: int, work: Work) -> None:
    """Run a stage and tell Celery what becomes of its message."""
    after = run_stage(runtime().stores, job_id, stage, work)
    if after is After.END:
        raise Ignore
    if after is After.AGAIN:
        raise Reject(requeue=True)


def add_schedule(app: Celery) -> None:
    """Have beat send the periodic tasks."""
    app.conf.beat_schedule = {name: {"task": name, "schedule": s} for name, s in SCHEDULE.items()}
