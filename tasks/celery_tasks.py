"""Every Celery task: which work is done for it.

Names, queues, expiry and schedule are in `tasks.task_table`. The work is in plain
functions; what they need of ccxt, Keras, ONNX Runtime or pandas they import when
the first message comes: this page loads in no time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from celery import Celery, shared_task  # type: ignore[import-untyped]
from celery.exceptions import Ignore, Reject  # type: ignore[import-untyped]

from core.clock.times import now_ms
from core.jobs import Json
from tasks import task_table as table
from tasks.candles.backfill_candles import backfill_candles
from tasks.candles.check_feeds import check_feeds
from tasks.candles.collect_candles import collect_candles
from tasks.candles.compute_indicators import compute_indicators
from tasks.candles.ingest_latest import ingest_latest
from tasks.candles.measure_spreads import measure_spreads
from tasks.candles.refresh_watched import refresh_watched
from tasks.forecasts.check_regimes import check_regimes
from tasks.forecasts.evaluate_slots import evaluate_slot
from tasks.forecasts.forecast_series import forecast_series, train_horizons
from tasks.forecasts.leak_test_features import leak_test_features
from tasks.forecasts.replay_walk import replay_walk
from tasks.forecasts.train_slots import train_slot
from tasks.jobs.answer_calls import answer_call, make_call
from tasks.jobs.purge_records import (
    purge_archive,
    purge_bodies,
    purge_conversations,
    purge_records,
)
from tasks.jobs.reap_jobs import reap_jobs
from tasks.jobs.run_step import After, Work, run_step
from tasks.lstm.predict_lstm import predict_lstm, predict_lstm_nsteps
from tasks.lstm.train_lstm import train_lstm_from_redis
from tasks.next_candle.train_next_candle import train_next_candle, walk_next_candle
from tasks.next_candle.update_futures import FuturesUpdate
from tasks.record.compute_record import compute_record
from tasks.runtime import runtime
from tasks.sales.reminders import remind
from tasks.sales.resend_claim import resend_claim
from tasks.signals.detect_amd import detect_amd
from tasks.signals.first_trainings import train_first
from tasks.signals.generate_signal import generate_signal
from tasks.signals.measure_inputs import measure_inputs
from tasks.signals.note_uptime import note_uptime
from tasks.signals.predict_range import predict_range
from tasks.signals.score_signals import score_signals
from tasks.signals.train_signals import train_signals
from tasks.signals.wake_at_close import StoreAndWake
from tasks.trades.backfill_gaps import Backfill, backfill_gaps
from tasks.trades.detect_anomalies import detect_anomalies
from tasks.trades.maintain_inbox import keep_intake
from tasks.trades.maintain_stream import keep_stream
from tasks.trades.note_quiet import note_quiet_spans
from tasks.trades.process_trades import process_batch
from tasks.trades.store_history import store_history

Request = TypeVar("Request")
Answer = TypeVar("Answer")
Handler = TypeVar("Handler", bound=Callable[..., None])


@dataclass(frozen=True)
class Step(Generic[Request, Answer]):
    """A task and how its work is found, once this process has its stores."""

    task: table.Task[Request, Answer]
    work: Callable[[], Work[Request, Answer]]

    def run(self, job_id: str, stage: int) -> None:
        """Run a step of a job and tell Celery what becomes of its message."""
        shared = runtime()
        after = run_step(
            shared.stores,
            job_id,
            stage,
            self.work(),
            self.task.request,
            limit_s=shared.limit_s(self.task.queue),
        )
        if after is After.END:
            raise Ignore
        if after is After.AGAIN:
            raise Reject(requeue=True)

    def register(self) -> None:
        """Have Celery run it."""

        @shared_task(name=self.task.name)  # type: ignore[untyped-decorator]
        def run(job_id: str, stage: int) -> None:
            self.run(job_id, stage)


STEPS = {
    step.task.name: step
    for step in (
        Step(table.FETCH_CANDLES, lambda: partial(collect_candles, runtime().exchange)),
        Step(
            table.STORE_CANDLES,
            lambda: StoreAndWake(partial(runtime().enqueue.run_now, table.AT_CLOSE)),
        ),
        Step(table.INGEST_LATEST, lambda: partial(ingest_latest, runtime().exchange)),
        Step(
            table.BACKFILL_CANDLES,
            lambda: partial(backfill_candles, partial(runtime().exchange, sleep_ms=0)),
        ),
        Step(table.COMPUTE_INDICATORS, lambda: compute_indicators),
        Step(table.TRAIN_LSTM, lambda: train_lstm_from_redis),
        Step(table.PREDICT_LSTM, lambda: predict_lstm),
        Step(table.PREDICT_LSTM_NSTEPS, lambda: predict_lstm_nsteps),
        Step(table.EVALUATE_SLOT, lambda: evaluate_slot),
        Step(table.TRAIN_SLOT, lambda: train_slot),
        Step(table.TRAIN_HORIZONS, lambda: train_horizons),
        Step(table.FORECAST_SERIES, lambda: forecast_series),
        Step(table.REPLAY_WALK, lambda: replay_walk),
        Step(table.CHECK_REGIMES, lambda: check_regimes),
        Step(table.LEAK_TEST, lambda: leak_test_features),
        Step(table.TRAIN_SIGNALS, lambda: train_signals),
        Step(table.PREDICT_RANGE, lambda: predict_range),
        Step(
            table.GENERATE_SIGNAL,
            lambda: partial(generate_signal, runtime().settings.signal_words),
        ),
        Step(table.DETECT_AMD, lambda: detect_amd),
        Step(table.TRAIN_NEXT_CANDLE, lambda: train_next_candle),
        Step(table.WALK_NEXT_CANDLE, lambda: walk_next_candle),
        Step(table.REBUILD_SERIES, lambda: runtime().series.rebuild),
        Step(table.COMPUTE_SERIES, lambda: runtime().series.compute),
        Step(
            table.UPDATE_FUTURES,
            lambda: FuturesUpdate(runtime().forecaster, runtime().scorer, runtime().series),
        ),
    )
}
for _step in STEPS.values():
    _step.register()


def message(task: table.Message) -> Callable[[Handler], Handler]:
    """Register what is done for a message that has no job."""
    decorate: Callable[[Handler], Handler] = shared_task(name=task.name)
    return decorate


def periodic(task: table.Periodic) -> Callable[[Handler], Handler]:
    """Register a task of the schedule."""
    decorate: Callable[[Handler], Handler] = shared_task(name=task.name, expires=task.expires_s)
    return decorate


@message(table.ANSWER_CALL)
def answer(call_id: str, name: str, request: Json) -> None:
    """Do work whose answer only its caller needs."""
    step = STEPS[name]
    if not step.task.call:
        raise ValueError(f"{name} needs a job")
    call = make_call(call_id, name, request)
    answer_call(runtime().stores, call, step.work(), step.task.request)


@message(table.PROCESS_TRADES)
def process_trade_data(batch_id: str) -> None:
    """Store the micro-batches of live trades that wait, and have them judged."""
    _process(batch_id)


@message(table.PROCESS_TICKERS)
def process_ticker_data(batch_id: str) -> None:
    """Store the micro-batches of quotes that wait."""
    _process(batch_id)


def _process(batch_id: str) -> None:
    done = process_batch(runtime().stream, batch_id)
    if done.more:
        runtime().enqueue_stream.again(batch_id)
    for platform, symbols in done.stored.items():
        if symbols:
            runtime().enqueue_stream.judge(platform, sorted(symbols))


@message(table.DETECT_ANOMALY)
def detect_anomaly(platform: str, symbols: list[str]) -> None:
    """Judge the trades that were stored since the last look."""
    exclude = runtime().settings.exclude_anomalies
    detect_anomalies(runtime().stream, platform, symbols, exclude=exclude, looks=1)


@periodic(table.MAINTAIN_INBOX)
def maintain_inbox() -> None:
    """Name batches of live data again whose messages got lost."""
    shared = runtime()
    waiting = shared.enqueue.messages(table.STREAM)
    keep_intake(shared.stream, shared.enqueue_stream, waiting)


@periodic(table.MAINTAIN_STREAM)
def maintain_stream() -> None:
    """Look after live markets between their trades."""
    shared = runtime()
    exclude = shared.settings.exclude_anomalies
    keep_stream(
        shared.stores, shared.stream, shared.gaps, now_ms(), shared.journal_ms, exclude=exclude
    )


@periodic(table.STORE_HISTORY)
def history() -> None:
    """Store trades that touch many old candles, and rebuild what was lost."""
    exclude = runtime().settings.exclude_anomalies
    store_history(runtime().stream, runtime().stores.redis, exclude=exclude)


@periodic(table.NOTE_QUIET)
def note_quiet() -> None:
    """Record spans without trades."""
    note_quiet_spans(runtime().stores, runtime().stream, runtime().gaps)


@periodic(table.BACKFILL_GAPS)
def backfill() -> None:
    """Fetch trades that were missed."""
    shared = runtime()
    backfill_gaps(Backfill(shared.stores, shared.stream, shared.gaps, shared.trades))


@periodic(table.REAP_JOBS)
def reap() -> None:
    """Take jobs out of dead hands, and send again what got lost."""
    reap_jobs(runtime().stores, runtime().enqueue)


@periodic(table.REFRESH_WATCHED)
def refresh() -> None:
    """Fetch what is new of the watched series; what forecasts from it does so at once."""
    shared = runtime()
    days = shared.settings.backfill_days
    if refresh_watched(shared.stores, shared.enqueue, shared.exchange, days):
        shared.enqueue.run_now(table.AT_CLOSE)


@periodic(table.CHECK_FEEDS)
def look_at_feeds() -> None:
    """Note which candles that are brought do not come."""
    check_feeds(runtime().stores)


@periodic(table.MEASURE_SPREADS)
def measure() -> None:
    """Measure what trading costs on markets that terminals feed."""
    measure_spreads(runtime().stores)


@periodic(table.AT_CLOSE)
def at_close() -> None:
    """Forecast, answer and extend what is due because a candle has closed."""
    runtime().at_close.run()


@periodic(table.SCORE_FORECASTS)
def score_forecasts() -> None:
    """Join the outcomes of forecasts whose target has closed."""
    runtime().scorer.run(runtime().stores)


@periodic(table.FLUSH_HEARTBEATS)
def flush_heartbeats() -> None:
    """Keep in SQL when terminals were seen last."""
    runtime().stores.heartbeats.flush()


@periodic(table.RETRAIN)
def retrain() -> None:
    """Queue the trainings of watched targets that are due, the first ones of signals too."""
    runtime().retrainer.run(runtime().stores, runtime().enqueue)
    train_first(runtime().stores, runtime().enqueue, runtime().signals_ahead)


@periodic(table.SCORE_SIGNALS)
def score() -> None:
    """Join the outcomes of signals."""
    score_signals(runtime().stores)


@periodic(table.MEASURE_INPUTS)
def look_at_inputs() -> None:
    """Measure whether what models read still looks as it did in training."""
    measure_inputs(runtime().stores)


@periodic(table.JOIN_EXECUTIONS)
def join() -> None:
    """Find what positions made of the signals that they copy."""
    # NumPy and pandas come in with this import.
    from tasks.record.join_executions import join_executions

    join_executions(runtime().stores)


@periodic(table.NOTE_UPTIME)
def uptime() -> None:
    """Note whether the service is well in this minute."""
    note_uptime(runtime().stores, runtime().settings.reference_symbol)


@periodic(table.NOTE_MARK)
def note_mark() -> None:
    """Mark SQL, Redis and the files as belonging together."""
    runtime().stores.marks.note()


@periodic(table.APPLY_WEBHOOKS)
def apply_webhooks() -> None:
    """Apply what payment providers sent, and send the mails that follow."""
    if runtime().applier.run():
        runtime().enqueue.run_now(table.SEND_MAILS)


@periodic(table.SEND_MAILS)
def send_mails() -> None:
    """Send the mails that are due, where there is a server that takes them."""
    if sender := runtime().mail_sender:
        sender.run()


@periodic(table.END_ENTITLEMENTS)
def end_entitlements() -> None:
    """Tell subscribers whose plan ends or has ended."""
    remind(runtime().stores.accounts, runtime().stores.outbox, now_ms())


@message(table.RESEND_CLAIM)
def resend(email: str, asked_at: int) -> None:
    """Queue another link to a key for whoever has an account."""
    stores = runtime().stores
    if resend_claim(stores.accounts, stores.keys, stores.outbox, email, asked_at):
        runtime().enqueue.run_now(table.SEND_MAILS)


@message(table.COMPUTE_RECORD)
def compute(kind: str, scope: Json) -> None:
    """Compute what somebody asked of the record of signals, and keep it for who asks next."""
    compute_record(runtime().stores, kind, scope)


@periodic(table.PURGE_RECORDS)
def purge() -> None:
    """Forget what is kept for a time only, and give back what SQL's log has grown to."""
    shared = runtime()
    purge_records(shared.stores, shared.settings.job_retention_days)
    purge_bodies(shared.stores.webhooks, now_ms())
    kept_days = shared.settings.conversation_retention_days
    purge_conversations(shared.stores.conversations, kept_days, now_ms())
    purge_archive(shared.stream.archive, shared.settings.archive_retention_days)


@periodic(table.SWEEP_MODELS)
def sweep_models() -> None:
    """Remove folders of models that a crash left without a record."""
    runtime().stores.registry.sweep()


def add_schedule(app: Celery) -> None:
    """Have beat send the periodic tasks."""
    app.conf.beat_schedule = {
        task.name: {"task": task.name, "schedule": task.every_s} for task in table.PERIODIC
    }
