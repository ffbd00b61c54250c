"""Background work: how it stands, followed to its end, cancelled."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from falcon.asgi import Request, Response, SSEvent
from msgspec import UNSET, Meta, Struct, UnsetType

from api.docs.openapi import operation
from api.docs.openapi_parts import event_stream
from api.http.job_waiting import JobWaiting
from api.http.schemas import Name, Task, TaskPage, show_task
from api.http.threads import in_database_thread
from core.errors import NotFound
from core.jobs import Job, JobState
from storage.jobs.job_store import JobStore

_ID = re.compile(r"[A-Za-z0-9-]{1,64}\Z")


class TasksQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which tasks to list."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    offset: Annotated[int, Meta(ge=0, le=10**9)] = 0
    state: JobState | UnsetType = UNSET
    name: Name | UnsetType = UNSET


class TaskList:
    """`GET /tasks`"""

    def __init__(self, jobs: JobStore) -> None:
        self._jobs = jobs

    @operation("list_tasks", "tasks", {200: TaskPage}, errors=(422,))
    async def on_get(self, req: Request, resp: Response, query: TasksQuery) -> None:
        """List tasks, newest first."""
        jobs, total = await in_database_thread(
            self._jobs.list, query.state or None, query.name or None, query.limit, query.offset
        )
        resp.media = TaskPage([show_task(job) for job in jobs], total, query.limit, query.offset)


class TaskResource:
    """`GET` and `DELETE /tasks/{task_id}`"""

    def __init__(self, jobs: JobStore) -> None:
        self._jobs = jobs

    @operation("read_task", "tasks", {200: Task}, errors=(404,))
    async def on_get(self, req: Request, resp: Response, task_id: str) -> None:
        """Say how a task stands, and what came of it."""
        resp.media = show_task(await in_database_thread(self._jobs.get, _checked(task_id)))

    @operation("cancel_task", "tasks", {200: Task, 202: Task}, errors=(404, 409))
    async def on_delete(self, req: Request, resp: Response, task_id: str) -> None:
        """Cancel a task.

        One that waits is cancelled at once (200); one that runs is asked to stop
        (202) and ends within seconds. One that has ended is a 409.
        """
        job = await in_database_thread(self._jobs.cancel, _checked(task_id))
        resp.status = 200 if job.ended else 202
        resp.media = show_task(job)


class TaskEvents:
    """`GET /tasks/{task_id}/events`"""

    def __init__(self, jobs: JobStore, waiting: JobWaiting) -> None:
        self._jobs = jobs
        self._waiting = waiting

    @operation("follow_task", "tasks", {200: None}, errors=(404,), more=event_stream())
    async def on_get(self, req: Request, resp: Response, task_id: str) -> None:
        """Follow a task as Server-Sent Events, until it has ended.

        Every event is named `task` and holds what `GET /tasks/{task_id}`
        answers; comments in between keep the connection open.
        """
        job = await in_database_thread(self._jobs.get, _checked(task_id))
        resp.set_header("Cache-Control", "no-store")
        resp.sse = self._events(job)

    async def _events(self, job: Job) -> AsyncIterator[SSEvent | None]:
        shown = None
        # Cancelled when the server stops: the stream ends like any other.
        with contextlib.suppress(asyncio.CancelledError):
            async for state in self._waiting.follow(job):
                # None becomes a comment, which only keeps the connection open.
                yield None if state == shown else _event(state)
                shown = state


def _event(job: Job) -> SSEvent:
    return SSEvent(data=msgspec.json.encode(show_task(job)), event="task")


def _checked(task_id: str) -> str:
    if not _ID.match(task_id):
        raise NotFound("There is no task with this id.")
    return task_id
