"""Every task: its name, its queue, what it is asked, what it answers, and when it runs.

What follows from these facts (routes of Celery, the schedule, which work may be
called without a job) is derived from this page. The work itself is joined to its
task in `tasks.celery_tasks`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from core.answers.amd import AmdData
from core.answers.candles import Backfilled, CandlesStored, KlineResult, LatestCandles, LeakTested
from core.answers.forecasts import (
    Evaluation,
    ForecastsMade,
    HorizonsTrained,
    RegimesChecked,
    Replayed,
    SignalsTrained,
    SlotTrained,
)
from core.answers.indicators import IndicatorsData
from core.answers.lstm import Prediction, Predictions, TrainResult
from core.answers.next_candle import (
    Computed,
    FuturesUpdated,
    Materialized,
    Trained,
    Updated,
    Walked,
)
from core.answers.signals import PredictionData, SignalData
from core.requests import (
    AmdRequest,
    BackfillCandles,
    CheckRegimes,
    ComputeSeries,
    Evaluate,
    FetchCandles,
    ForecastSeries,
    LeakTest,
    PathRequest,
    PredictLstm,
    RebuildSeries,
    ReplayWalk,
    SeriesRequest,
    StoreCandles,
    Train,
    TrainLstm,
    TrainNextCandle,
    TrainSignals,
)
from core.series import Series

Request = TypeVar("Request")
Answer = TypeVar("Answer")

STREAM = "stream"  # live trades
STORE = "store"  # candles that a caller brought
PREDICT = "predict"  # forecasts: milliseconds each
MAINTENANCE = "maintenance"  # our own housekeeping
FETCH = "fetch"  # calls to exchanges: seconds to hours
TRAIN = "train"  # trainings: minutes
HISTORY = "history"  # old trades, records of signals: seconds at a time
QUEUES = (STREAM, STORE, PREDICT, MAINTENANCE, FETCH, HISTORY, TRAIN)


@dataclass(frozen=True)
class Message:
    """A task that is sent as a message of its own; dropped after `expires_s` in its queue."""

    name: str
    queue: str
    expires_s: float | None = None


@dataclass(frozen=True)
class Periodic:
    """A task that beat sends every `every_s` seconds."""

    name: str
    queue: str
    every_s: float

    @property
    def expires_s(self) -> float:
        """When a run that still waits is dropped: the next one comes."""
        return 0.9 * self.every_s


@dataclass(frozen=True)
class Task(Generic[Request, Answer]):
    """Work that a job has done: it is asked `request`, and answers `answer`.

    `unique` names what two unfinished jobs may not both work on. `call`: may also
    be called without a job. `brief`: taken up within milliseconds, or sent again
    by the reaper after 5 s; a note of its publication would only make the caller
    wait for one more commit.
    """

    name: str
    queue: str
    request: type[Request]
    answer: type[Answer]
    unique: Callable[[Request], str] | None = None
    call: bool = False
    brief: bool = False


def _series(kind: str) -> Callable[[SeriesRequest], str]:
    return lambda asked: f"{kind}:{asked.platform}:{asked.symbol}:{asked.resolution}"


def next_candle_key(series: Series) -> str:
    """Return what names the training of a series' next candle while it is not over."""
    return f"next_candle:{series}"


def _model(asked: TrainLstm) -> str:
    return f"train:{asked.model_name}:{asked.model_id}"


def _target(asked: Train) -> str:
    return f"{_series('slot')(asked)}:{asked.horizon}:{asked.model}"


FETCH_CANDLES = Task("fetch_candles", FETCH, FetchCandles, KlineResult)
STORE_CANDLES = Task("store_candles", STORE, StoreCandles, CandlesStored)
INGEST_LATEST = Task("ingest_latest", FETCH, SeriesRequest, LatestCandles)
BACKFILL_CANDLES = Task(
    "backfill_candles",
    FETCH,
    BackfillCandles,
    Backfilled,
    unique=lambda asked: f"fill:{asked.series}",
)
COMPUTE_INDICATORS = Task(
    "compute_indicators", PREDICT, SeriesRequest, IndicatorsData, call=True, brief=True
)

TRAIN_LSTM = Task("train_lstm_from_redis", TRAIN, TrainLstm, TrainResult, unique=_model)
PREDICT_LSTM = Task("predict_lstm", PREDICT, PredictLstm, Prediction, brief=True)
PREDICT_LSTM_NSTEPS = Task("predict_lstm_nsteps", PREDICT, PredictLstm, Predictions, brief=True)

EVALUATE_SLOT = Task("evaluate_slot", TRAIN, Evaluate, Evaluation)
TRAIN_SLOT = Task("train_slot", TRAIN, Train, SlotTrained, unique=_target)
TRAIN_HORIZONS = Task("train_horizons", TRAIN, ForecastSeries, HorizonsTrained)
FORECAST_SERIES = Task("forecast_series", PREDICT, ForecastSeries, ForecastsMade, brief=True)
REPLAY_WALK = Task("replay_walk", TRAIN, ReplayWalk, Replayed)
CHECK_REGIMES = Task("check_regimes", TRAIN, CheckRegimes, RegimesChecked)
LEAK_TEST = Task("leak_test_features", PREDICT, LeakTest, LeakTested)

TRAIN_SIGNALS = Task(
    "train_outlook", TRAIN, TrainSignals, SignalsTrained, unique=_series("outlook")
)
PREDICT_RANGE = Task("predict_range", PREDICT, PathRequest, PredictionData, call=True, brief=True)
GENERATE_SIGNAL = Task("generate_signal", PREDICT, PathRequest, SignalData, call=True, brief=True)
DETECT_AMD = Task("detect_amd", PREDICT, AmdRequest, AmdData, call=True, brief=True)

TRAIN_NEXT_CANDLE = Task(
    "train_next_candle",
    TRAIN,
    TrainNextCandle,
    Trained,
    unique=lambda asked: next_candle_key(asked.series),
)
WALK_NEXT_CANDLE = Task("walk_next_candle", TRAIN, TrainNextCandle, Walked)
REBUILD_SERIES = Task("rebuild_series", PREDICT, RebuildSeries, Materialized)
COMPUTE_SERIES = Task("compute_series", PREDICT, ComputeSeries, Computed, brief=True)
UPDATE_FUTURES = Task[SeriesRequest, Updated | FuturesUpdated](
    "update_futures",
    PREDICT,
    SeriesRequest,
    Updated,  # of a job that began with candles, `FuturesUpdated`
)

# Nobody waits longer for the answer to a call.
ANSWER_CALL = Message("answer_call", PREDICT, expires_s=15)
RESEND_CLAIM = Message("resend_claim", MAINTENANCE)
# Whoever asks for a record waits no longer, and asks again.
COMPUTE_RECORD = Message("compute_record", HISTORY, expires_s=60)
PROCESS_TRADES = Message("process_trade_data", STREAM)
PROCESS_TICKERS = Message("process_ticker_data", STREAM)
DETECT_ANOMALY = Message("detect_anomaly", STREAM)

MAINTAIN_INBOX = Periodic("maintain_inbox", MAINTENANCE, 2)
MAINTAIN_STREAM = Periodic("maintain_stream", MAINTENANCE, 2)
STORE_HISTORY = Periodic("store_history", HISTORY, 1)
NOTE_QUIET = Periodic("note_quiet_spans", MAINTENANCE, 30)
BACKFILL_GAPS = Periodic("backfill_gaps", FETCH, 5)
REAP_JOBS = Periodic("reap_jobs", MAINTENANCE, 5)
REFRESH_WATCHED = Periodic("refresh_watched", FETCH, 2)
CHECK_FEEDS = Periodic("check_feeds", MAINTENANCE, 30)
MEASURE_SPREADS = Periodic("measure_spreads", MAINTENANCE, 3_600)
AT_CLOSE = Periodic("at_close", MAINTENANCE, 2)
SCORE_FORECASTS = Periodic("score_forecasts", MAINTENANCE, 5)
RETRAIN = Periodic("retrain", MAINTENANCE, 60)
SCORE_SIGNALS = Periodic("score_signals", MAINTENANCE, 10)
MEASURE_INPUTS = Periodic("measure_inputs", MAINTENANCE, 30)
FLUSH_HEARTBEATS = Periodic("flush_heartbeats", MAINTENANCE, 60)
JOIN_EXECUTIONS = Periodic("join_executions", MAINTENANCE, 60)
NOTE_UPTIME = Periodic("note_uptime", MAINTENANCE, 20)
NOTE_MARK = Periodic("note_mark", MAINTENANCE, 10)
APPLY_WEBHOOKS = Periodic("apply_webhooks", MAINTENANCE, 30)
SEND_MAILS = Periodic("send_mails", MAINTENANCE, 10)
END_ENTITLEMENTS = Periodic("end_entitlements", MAINTENANCE, 60)
PURGE_RECORDS = Periodic("purge_records", MAINTENANCE, 3_600)
SWEEP_MODELS = Periodic("sweep_models", MAINTENANCE, 3_600)

_ALL: tuple[Task[Any, Any] | Message | Periodic, ...] = tuple(
    value for value in globals().values() if isinstance(value, Task | Message | Periodic)
)
PERIODIC = tuple(task for task in _ALL if isinstance(task, Periodic))
QUEUE_OF = {task.name: task.queue for task in _ALL}
BRIEF = frozenset(task.name for task in _ALL if isinstance(task, Task) and task.brief)
