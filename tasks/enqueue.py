"""The api's only door to work: a row for the job, then a message that names it.

A message holds a job's id and the number of a step. What is asked for is in the
row, so that a message which comes twice, late or never changes nothing: workers
take a step from the row, and the reaper sends again what got lost.
"""

import logging
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from celery import Celery, chain  # type: ignore[import-untyped]
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.errors import DatabaseUnavailable, RedisUnavailable, TickcastError
from core.jobs import Job, Json
from storage import keys
from storage.candles.candle_columns import Candles
from storage.candles.uploads import UploadStore
from storage.jobs.job_store import JobStore
from storage.redis_breaker import RedisBreaker
from tasks.broker_errors import broker_errors
from tasks.task_table import ANSWER_CALL, BRIEF, QUEUE_OF, QUEUES, STREAM, Message, Periodic, Task

logger = logging.getLogger(__name__)

Request = TypeVar("Request")


class Enqueue:
    """Makes jobs and hands them to the workers.

    Every method that makes a job raises `RedisUnavailable` when the broker is
    away, and then leaves no job behind; and `Conflict` while a job that works on
    the same is unfinished.
    """

    def __init__(
        self,
        jobs: JobStore,
        uploads: UploadStore,
        celery: Celery,
        breaker: RedisBreaker | None = None,
    ) -> None:
        self._jobs = jobs
        self._uploads = uploads
        self._celery = celery
        self._breaker = breaker

    def begin(
        self,
        task: Task[Request, Any],
        request: Request,
        *,
        before: Sequence[Task[Any, Any]] = (),
        after: Sequence[Task[Any, Any]] = (),
        candles: Candles | None = None,
        unique_key: str | None = None,
    ) -> Job:
        """Make a job of a task, which names it, and of the tasks before and after it.

        All of them read the same request. `candles` wait for the first of them
        beside the queue. `unique_key` replaces the task's own.
        """
        key = unique_key or (task.unique(request) if task.unique else None)
        steps = [(step.name, step.queue) for step in (*before, task, *after)]
        job = self._jobs.create(task.name, steps, msgspec.to_builtins(request), unique_key=key)
        if candles is not None:
            self._keep(job, candles)
        return self._hand_over(job)

    def call(self, call_id: str, task: Task[Request, Any], request: Request) -> None:
        """Call for work without a job; `api.http.job_waiting` hears the answer under the id."""
        self.send(ANSWER_CALL, call_id, task.name, msgspec.to_builtins(request))

    def send(self, message: Message, *arguments: str | int | Json) -> None:
        """Send a message that has no job; raises `RedisUnavailable`."""
        self._send_off(
            self._celery.signature(
                message.name, args=arguments, queue=message.queue, expires=message.expires_s
            )
        )

    def run_now(self, task: Periodic) -> None:
        """Have a periodic task run before its time, or not at all once that has come."""
        try:
            self._celery.send_task(task.name, queue=task.queue, expires=task.every_s)
        except (OperationalError, RedisError, OSError):
            logger.debug("%s could not be hastened", task.name)

    def publish(self, job: Job, note: bool = True) -> None:
        """Send a job's present and later steps to the broker, as one chain.

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
        """Return how much waits in each queue; raises `RedisUnavailable`.

        Of live trades it is batches: one message stands for many.
        """
        messages, batches = self._waiting()
        return {**messages, STREAM: max(messages[STREAM], batches)}

    def messages(self, queue: str) -> int:
        """Return how many messages wait in a queue; raises `RedisUnavailable`."""
        return self._waiting()[0][queue]

    def _waiting(self) -> tuple[dict[str, int], int]:
        with (
            broker_errors(self._breaker),
            self._celery.connection_for_write() as connection,
            connection.channel().client.pipeline(transaction=False) as pipeline,
        ):
            for queue in QUEUES:
                pipeline.llen(queue)
            pipeline.zcard(keys.INTAKE_INDEX)
            *lengths, batches = pipeline.execute()
            return dict(zip(QUEUES, lengths, strict=True)), batches

    def _keep(self, job: Job, candles: Candles) -> None:
        try:
            self._uploads.put(job.id, candles)
        except TickcastError:
            self._jobs.discard(job.id)
            raise

    def _hand_over(self, job: Job) -> Job:
        try:
            self.publish(job, note=job.stages[job.stage] not in BRIEF)
        except RedisUnavailable:
            self._jobs.discard(job.id)
            raise
        return job

    def _send_off(self, message: Any) -> None:
        with broker_errors(self._breaker):
            message.apply_async()

    def _note_published(self, job: Job) -> None:
        try:
            self._jobs.mark_published(job.id)
        except DatabaseUnavailable:
            # The message is out and will be served; at worst it is sent once more.
            logger.warning("job %s: could not note that it was published", job.id)
