"""The api's only door to work: a row for the job, then a message that names it.

A message holds a job's id and the number of a stage. What is asked for is in the
row, so that a message which comes twice, late or never changes nothing: workers
take a stage from the row, and the reaper sends again what got lost.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from celery import Celery, chain  # type: ignore[import-untyped]
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.errors import DatabaseUnavailable, RedisUnavailable, TickcastError
from core.forecast_target import ForecastTarget
from core.jobs import Job
from core.series import Series
from storage.candles.candle_columns import Candles
from storage.candles.uploads import UploadStore
from storage.jobs.job_store import JobStore
from tasks import queues
from tasks.queues import QUEUE_OF

logger = logging.getLogger(__name__)

# Taken up within milliseconds, or sent again by the reaper after 5 s: a note of their
# publication would only make the caller wait for one more commit.
_SHORT = frozenset(
    {
        queues.PREDICT_LSTM,
        queues.PREDICT_LSTM_NSTEPS,
        queues.COMPUTE_INDICATORS,
        queues.COMPUTE_SERIES,
        queues.PREDICT_RANGE,
        queues.GENERATE_SIGNAL,
    }
)
# Nobody waits longer for the answer to a question (s).
_QUESTION_S = 15


class Enqueue:
    """Makes jobs and hands them to the workers.

    Every method that makes a job raises `RedisUnavailable` when the broker is
    away, and then leaves no job behind.
    """

    def __init__(self, jobs: JobStore, uploads: UploadStore, celery: Celery) -> None:
        self._jobs = jobs
        self._uploads = uploads
        self._celery = celery

    def fetch_candles(self, request: Mapping[str, Any], unique_key: str | None = None) -> Job:
        """Fetch candles: `platform, symbol, resolution, start, end`.

        Raises `Conflict` while a job with the same `unique_key` is unfinished.
        """
        return self.begin([queues.FETCH_CANDLES], request, unique_key=unique_key)

    def store_candles(self, request: Mapping[str, Any], candles: Candles) -> Job:
        """Store candles that have been checked: `platform, symbol, resolution`.

        `rejected` and `duplicates` of the request are handed through to the result.
        """
        return self._send_with([queues.STORE_CANDLES], request, candles)

    def train_lstm(self, request: Mapping[str, Any]) -> Job:
        """Train a model: `model_name, model_id, platform, symbol, resolution` and options.

        Raises `Conflict` while the same name and id is being trained.
        """
        return self.begin([queues.TRAIN_LSTM], request, unique_key=_model(request))

    def predict_lstm(self, request: Mapping[str, Any]) -> Job:
        """Predict one step: `model_name, model_id`, and a series if not the model's own."""
        return self.begin([queues.PREDICT_LSTM], request)

    def predict_lstm_nsteps(self, request: Mapping[str, Any]) -> Job:
        """Predict all steps that the model was trained for."""
        return self.begin([queues.PREDICT_LSTM_NSTEPS], request)

    def compute(self, name: str, request: Mapping[str, Any]) -> Job:
        """Make a job of one stage, of work that could also be asked for without one."""
        return self.begin([name], request)

    def ask(self, question_id: str, name: str, request: Mapping[str, Any]) -> None:
        """Ask for work without a job; `api.http.job_waiting` hears the answer under the id."""
        signature = self._celery.signature(
            queues.ANSWER_QUESTION,
            args=(question_id, name, dict(request)),
            queue=QUEUE_OF[queues.ANSWER_QUESTION],
            expires=_QUESTION_S,
        )
        self._send_off(signature)

    def chain(self, request: Mapping[str, Any]) -> Job:
        """Train, with fetching before (`fetch: {start, end}`) and predicting after (`predict`)."""
        before = [queues.FETCH_CANDLES] if request.get("fetch") else []
        after = [queues.PREDICT_LSTM_NSTEPS] if request.get("predict") else []
        stages = [*before, queues.TRAIN_LSTM, *after]
        return self.begin(stages, request, queues.TRAIN_LSTM, _model(request))

    def evaluate_slot(self, request: Mapping[str, Any]) -> Job:
        """Judge a model by a walk-forward: a slot, `start, end, folds, seed, options`."""
        return self.begin([queues.EVALUATE_SLOT], request)

    def train_slot(self, request: Mapping[str, Any]) -> Job:
        """Train a challenger: a slot, `options, seed, folds, retrain_every, expires_after, reason`.

        Raises `Conflict` while the same slot is being trained.
        """
        return self.begin([queues.TRAIN_SLOT], request, unique_key=_slot(request))

    def train_outlook(self, request: Mapping[str, Any]) -> Job:
        """Train ranges and signals: a series, `horizons, folds, seed, reason`.

        Raises `Conflict` while those of the same series are being trained.
        """
        series = ":".join(str(request[field]) for field in Series.__struct_fields__)
        return self.begin([queues.TRAIN_OUTLOOK], request, unique_key=f"outlook:{series}")

    def replay_walk(self, request: Mapping[str, Any]) -> Job:
        """Walk a slot through the past: a slot, `start, end, retrain_every, seed, options`."""
        return self.begin([queues.REPLAY_WALK], request)

    def leak_test(self, request: Mapping[str, Any], candles: Candles | None = None) -> Job:
        """Try whether a feature knows the future, on stored candles or on `candles`."""
        if candles is None:
            return self.begin([queues.LEAK_TEST], {**request, "uploaded": False})
        return self._send_with([queues.LEAK_TEST], {**request, "uploaded": True}, candles)

    def begin(
        self,
        stages: Sequence[str],
        request: Mapping[str, Any],
        name: str | None = None,
        unique_key: str | None = None,
    ) -> Job:
        """Make a job of stages that run one after another; the first names it unless told.

        Raises `Conflict` while a job with the same `unique_key` is unfinished.
        """
        return self._hand_over(self._create(stages, request, name, unique_key))

    def run_now(self, task: str, expires: float) -> None:
        """Have a periodic task run before its time, or not at all after `expires` seconds."""
        try:
            self._celery.send_task(task, queue=QUEUE_OF[task], expires=expires)
        except (OperationalError, RedisError, OSError):
            logger.debug("%s could not be hastened", task)

    def publish(self, job: Job, note: bool = True) -> None:
        """Send a job's present and later stages to the broker, as one chain.

        Doing so twice is harmless. With `note` its row says that it was done.
        """
        stages = list(enumerate(job.stages))[job.stage :]
        links = [
            self._celery.signature(task, args=(job.id, stage), immutable=True, queue=QUEUE_OF[task])
            for stage, task in stages
        ]
        self._send_off(links[0] if len(links) == 1 else chain(*links, app=self._celery))
        if note:
            self._note_published(job)

    def queue_lengths(self) -> dict[str, int]:
        """Return how many messages wait in each queue; raises `RedisUnavailable`."""
        try:
            with (
                self._celery.connection_for_write() as connection,
                connection.channel().client.pipeline(transaction=False) as pipeline,
            ):
                for queue in queues.QUEUES:
                    pipeline.llen(queue)
                return dict(zip(queues.QUEUES, pipeline.execute(), strict=True))
        except (OperationalError, RedisError, OSError) as error:
            raise RedisUnavailable("The queue does not answer at the moment.") from error

    def _send_with(
        self, stages: Sequence[str], request: Mapping[str, Any], candles: Candles
    ) -> Job:
        """Send a job whose candles wait for it beside the queue."""
        job = self._create(stages, request)
        try:
            self._uploads.put(job.id, candles)
        except TickcastError:
            self._jobs.discard(job.id)
            raise
        return self._hand_over(job)

    def _create(
        self,
        stages: Sequence[str],
        request: Mapping[str, Any],
        name: str | None = None,
        unique_key: str | None = None,
    ) -> Job:
        pairs = [(task, QUEUE_OF[task]) for task in stages]
        return self._jobs.create(name or stages[0], pairs, dict(request), unique_key=unique_key)

    def _hand_over(self, job: Job) -> Job:
        try:
            self.publish(job, note=job.stages[job.stage] not in _SHORT)
        except RedisUnavailable:
            self._jobs.discard(job.id)
            raise
        return job

    def _send_off(self, message: Any) -> None:
        try:
            message.apply_async()
        except (OperationalError, RedisError, OSError) as error:
            raise RedisUnavailable("The queue does not answer at the moment.") from error

    def _note_published(self, job: Job) -> None:
        try:
            self._jobs.mark_published(job.id)
        except DatabaseUnavailable:
            # The message is out and will be served; at worst it is sent once more.
            logger.warning("job %s: could not note that it was published", job.id)


def _model(request: Mapping[str, Any]) -> str:
    return f"train:{request['model_name']}:{request['model_id']}"


def _slot(request: Mapping[str, Any]) -> str:
    return f"slot:{':'.join(str(request[field]) for field in ForecastTarget.__struct_fields__)}"
