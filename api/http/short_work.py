"""Work that usually takes milliseconds: called for and answered without a job's row."""

import asyncio
import contextlib
import uuid
from collections.abc import Hashable
from functools import partial
from typing import Any, TypeVar

import msgspec
from falcon.asgi import Request, Response

from api.http.background_work import PREDICTION_SECONDS, queue_answer, task_path
from api.http.errors import TaskFailed
from api.http.job_waiting import JobWaiting
from api.http.one_at_a_time import OneAtATime
from api.http.prefer import preferred_wait
from api.http.queue_limits import QueueLimits
from api.http.threads import in_thread
from tasks.enqueue import Enqueue
from tasks.task_table import Task

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class ShortWork:
    """Waits for results of work that a caller may also leave to a task."""

    def __init__(self, enqueue: Enqueue, limits: QueueLimits, waiting: JobWaiting) -> None:
        self._enqueue = enqueue
        self._limits = limits
        self._waiting = waiting
        self._called: OneAtATime[Any] = OneAtATime()

    async def result(
        self,
        req: Request,
        resp: Response,
        task: Task[Asked, Answer],
        request: Asked,
        once: Hashable = None,
    ) -> Answer | None:
        """Return the answer of a task, waiting up to 10 s or as `Prefer` says.

        If it does not come in time, or the caller does not want to wait, a task is
        begun, the answer is made its 202, and None is returned. Raises `TaskFailed`
        if the work fails. Requests of the same `once` that come while one is under
        way share its answer.
        """
        await self._limits.check(task.queue)
        wanted = preferred_wait(req, PREDICTION_SECONDS)
        if wanted.applied:
            resp.set_header("Preference-Applied", wanted.applied)
        if wanted.seconds:
            found = await self._share(once, task, request, wanted.seconds)
            if found is not None:
                return found
        job = await in_thread(self._enqueue.begin, task, request)
        resp.status = 202
        resp.location = task_path(job.id)
        resp.media = queue_answer(job)
        return None

    async def answer(
        self, task: Task[Asked, Answer], request: Asked, once: Hashable = None
    ) -> Answer | None:
        """Return the answer of a task, None if it does not come within 10 s.

        Raises `TaskFailed` if the work fails; `once` is that of `result`.
        """
        await self._limits.check(task.queue)
        return await self._share(once, task, request, PREDICTION_SECONDS)

    async def _share(
        self, once: Hashable, task: Task[Asked, Answer], request: Asked, seconds: float
    ) -> Answer | None:
        if once is None:
            return await self._call(task, request, seconds)
        call = partial(self._call, task, request, PREDICTION_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                answer: Answer | None = await self._called.get(once, call)
                return answer
        return None

    async def _call(
        self, task: Task[Asked, Answer], request: Asked, seconds: float
    ) -> Answer | None:
        call_id = str(uuid.uuid4())

        async def begin() -> None:
            await in_thread(self._enqueue.call, call_id, task, request)

        ended = await self._waiting.call(call_id, seconds, begin)
        if ended is None:
            return None
        if ended.error:
            raise TaskFailed(None, ended.error)
        return msgspec.convert(ended.result, task.answer)
