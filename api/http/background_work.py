"""Work that a task does: begun if its queue has room, and answered with 202 or its result."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from falcon.asgi import Request, Response

from api.http.errors import TaskFailed
from api.http.job_waiting import JobWaiting
from api.http.prefer import preferred_wait
from api.http.queue_limits import QueueLimits
from api.http.schemas import TaskQueued
from api.http.threads import in_thread
from core.jobs import Job, JobError, JobState
from storage.candles.candle_columns import Candles
from tasks.enqueue import Enqueue
from tasks.task_table import Task

Asked = TypeVar("Asked")

# How long predictions wait unasked.
PREDICTION_SECONDS = 10


def task_path(job_id: str) -> str:
    """Return where a task is shown."""
    return f"/tasks/{job_id}"


def queue_answer(job: Job) -> TaskQueued:
    """Return the body of a 202."""
    return TaskQueued("queued", job.id, task_path(job.id))


class BackgroundWork:
    """Begins tasks, for all resources that have work done."""

    def __init__(self, enqueue: Enqueue, limits: QueueLimits, waiting: JobWaiting) -> None:
        self._enqueue = enqueue
        self._limits = limits
        self._waiting = waiting

    async def begin(
        self,
        req: Request,
        resp: Response,
        task: Task[Asked, Any],
        request: Asked,
        *,
        before: Sequence[Task[Any, Any]] = (),
        after: Sequence[Task[Any, Any]] = (),
        candles: Candles | None = None,
        seconds: int = 0,
        steps: int | None = None,
        queued: Callable[[Job], TaskQueued] = queue_answer,
    ) -> Job:
        """Begin a task; answer 200 with its result, or 202 if it is not there in time.

        Waits as long as `Prefer` says, or `seconds`. With `steps`, what so many of
        its steps brought is the result; the job goes on. `queued` makes the body of
        the 202. Raises `TooManyRequests` if the queue is full, `TaskFailed` if the
        job fails meanwhile, and what `Enqueue.begin` raises.
        """
        await self._limits.check(task.queue)
        job = await in_thread(
            self._enqueue.begin, task, request, before=before, after=after, candles=candles
        )
        wanted = preferred_wait(req, seconds)
        if wanted.applied:
            resp.set_header("Preference-Applied", wanted.applied)
        if wanted.seconds:
            job = await self._waiting.wait(job, wanted.seconds, steps)
        if steps is not None and job.stage >= steps:
            resp.media = {**(job.result or {}), "task_id": job.id, "href": task_path(job.id)}
        elif job.ended:
            resp.media = _result(job)
        else:
            resp.status = 202
            resp.location = task_path(job.id)
            resp.media = queued(job)
        return job


def _result(job: Job) -> dict[str, object]:
    if job.state is JobState.CANCELLED:
        raise TaskFailed(job.id, JobError("cancelled", "The task was cancelled."))
    if job.error is not None:
        raise TaskFailed(job.id, job.error)
    return job.result or {}
