"""Work that usually takes milliseconds: asked for and answered without a job's row."""

import asyncio
import contextlib
import uuid
from collections.abc import Hashable
from typing import Any

from falcon.asgi import Request, Response

from api.http.answers import PREDICTION_SECONDS, queue_answer, task_path
from api.http.errors import TaskFailed
from api.http.job_waiting import JobWaiting
from api.http.prefer import patience
from api.http.queue_limits import QueueRoom
from api.http.threads import in_thread
from tasks.enqueue import Enqueue
from tasks.queues import QUEUE_OF


class ShortWork:
    """Waits for results of work that a caller may also leave to a task."""

    def __init__(self, enqueue: Enqueue, room: QueueRoom, waiting: JobWaiting) -> None:
        self._enqueue = enqueue
        self._room = room
        self._waiting = waiting
        self._asked: dict[Hashable, asyncio.Task[dict[str, Any] | None]] = {}

    async def result(
        self,
        req: Request,
        resp: Response,
        name: str,
        request: dict[str, Any],
        once: Hashable = None,
    ) -> dict[str, Any] | None:
        """Return the result of the task `name`, waiting up to 10 s or as `Prefer` says.

        If it does not come in time, or the caller does not want to wait, a task is
        begun, the answer is made its 202, and None is returned. Raises `TaskFailed`
        if the work fails. Requests of the same `once` that come while one is under
        way share its answer.
        """
        await self._room.check(QUEUE_OF[name])
        wanted = patience(req, PREDICTION_SECONDS)
        if wanted.applied:
            resp.set_header("Preference-Applied", wanted.applied)
        if wanted.seconds:
            found = await self._share(once, name, request, wanted.seconds)
            if found is not None:
                return found
        job = await in_thread(self._enqueue.compute, name, request)
        resp.status = 202
        resp.location = task_path(job.id)
        resp.media = queue_answer(job)
        return None

    async def _share(
        self, once: Hashable, name: str, request: dict[str, Any], seconds: float
    ) -> dict[str, Any] | None:
        if once is None:
            return await self._ask(name, request, seconds)
        asked = self._asked.get(once)
        if asked is None or asked.get_loop() is not asyncio.get_running_loop():
            asked = asyncio.create_task(self._ask(name, request, PREDICTION_SECONDS))
            self._asked[once] = asked
            asked.add_done_callback(lambda _: self._asked.pop(once, None))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                # Whoever goes away leaves the others their answer.
                return await asyncio.shield(asked)
        return None

    async def _ask(
        self, name: str, request: dict[str, Any], seconds: float
    ) -> dict[str, Any] | None:
        question_id = str(uuid.uuid4())

        async def ask() -> None:
            await in_thread(self._enqueue.ask, question_id, name, request)

        ended = await self._waiting.hear(question_id, seconds, ask)
        if ended and ended.error:
            raise TaskFailed(None, ended.error)
        return ended.result if ended else None
