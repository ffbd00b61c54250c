"""Follow a task to its end: by events, and by asking where events do not come."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import quote

import msgspec

from client.errors import (
    AnswerError,
    ServerAway,
    ServerError,
    TaskCancelled,
    TaskFailed,
    TaskPending,
    TooManyRequests,
)
from client.tasks import Task
from client.transport import EVENT_PATIENCE_S, Transport
from client.words import for_python
from core.jobs import JobState

POLL_S = 1.0
# Tasks survive restarts of the server: one that is away for a while is waited for.
AWAY_PATIENCE_S = 60.0


def task_path(task_id: str) -> str:
    """Return the path of a task."""
    return f"/tasks/{quote(task_id, safe='')}"


def get_task(transport: Transport, task_id: str) -> Task:
    """Return the present state of a task; raises `NotFound`."""
    return msgspec.json.decode(transport.send("GET", task_path(task_id)).content, type=Task)


def wait_for(
    transport: Transport,
    task_id: str,
    *,
    timeout_s: float | None = None,
    show: Callable[[Task], None] = lambda task: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Task:
    """Return the task once it has ended, whatever its end; `show` sees every state.

    Raises `TaskPending` after `timeout_s` seconds, and `ServerAway` or
    `Unavailable` when the server stays away for a minute.
    """
    deadline = time.monotonic() + timeout_s if timeout_s is not None else float("inf")
    away_until: float | None = None
    while True:
        try:
            for task in _states(transport, task_id, deadline):
                away_until = None
                show(task)
                if task.ended:
                    return task
                if time.monotonic() >= deadline:
                    raise TaskPending(f"Task {task_id} ({task.name}) is still {task.state}.", task)
        except (ServerAway, ServerError, TooManyRequests):
            away_until = away_until or time.monotonic() + AWAY_PATIENCE_S
            if time.monotonic() >= min(away_until, deadline):
                raise
        sleep(POLL_S)


def checked(task: Task) -> Task:
    """Return the task itself unless it failed or was cancelled.

    Raises `TaskFailed` or `TaskCancelled`.
    """
    if task.state is JobState.FAILED:
        reason = for_python(task.error.detail) if task.error else "The server gave no reason."
        raise TaskFailed(f"Task {task.task_id} ({task.name}) failed: {reason}", task)
    if task.state is JobState.CANCELLED:
        raise TaskCancelled(f"Task {task.task_id} ({task.name}) was cancelled.", task)
    return task


def _states(transport: Transport, task_id: str, deadline: float) -> Iterator[Task]:
    """Yield the states that events bring until they cease, then the state asked for."""
    patience = min(EVENT_PATIENCE_S, max(deadline - time.monotonic(), 0.1))
    # Whatever is wrong with the events (a proxy that buffers them, a restart, an
    # unknown task): the question after them says what is the matter.
    with suppress(ServerAway, AnswerError):
        for data in transport.events(f"{task_path(task_id)}/events", patience):
            yield msgspec.json.decode(data, type=Task)
    yield get_task(transport, task_id)
