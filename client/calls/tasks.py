"""What every part of the client shares: the connection, and tasks."""

from typing import Any, Self

import httpx
import msgspec

from client.access import find_access
from client.progress import Show, progress_shown
from client.tasks import Task, TaskPage
from client.transport import Transport
from client.waiting import checked, get_task, task_path, wait_for


class TaskCalls:
    """A connection to one Tickcast, and the routes under `/tasks`."""

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        progress: bool | None = None,
        timeout_s: float = 90.0,
        attempts: int = 4,
    ) -> None:
        """Connect to nothing yet; find address and key as `client.access.find_access` says.

        `progress` False shows no progress bars, True always, None where somebody
        can see them. A request refused with 429 or 503 is sent at most `attempts` times.
        """
        self.base_url, key = find_access(base_url, api_key)
        self._transport = Transport(self.base_url, key, timeout_s=timeout_s, attempts=attempts)
        self._progress = progress

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; tasks go on."""
        self._transport.close()

    def status(self) -> dict[str, Any]:
        """Return what `/health` says, of a server that is not healthy too."""
        return decoded(self._transport.send("GET", "/health", allowed={503}))

    def tasks(
        self,
        *,
        state: str | None = None,
        name: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> TaskPage:
        """Return tasks, newest first, at most 200 of them (50 unless told)."""
        params = {"state": state, "name": name, "limit": limit, "offset": offset}
        answer = self._transport.send("GET", "/tasks", params=params)
        return msgspec.json.decode(answer.content, type=TaskPage)

    def task(self, task_id: str) -> Task:
        """Return the present state of a task; raises `NotFound`."""
        return get_task(self._transport, task_id)

    def cancel(self, task_id: str) -> Task:
        """Ask for a task to be cancelled; raises `Conflict` if it has ended already."""
        self._transport.send("DELETE", task_path(task_id))
        return self.task(task_id)

    def wait(self, task: Task | str, timeout_s: float | None = None) -> Task:
        """Return the task once it has succeeded, showing its progress.

        Raises `TaskFailed`, `TaskCancelled`, or `TaskPending` after `timeout_s`
        seconds; in the last case the task goes on.
        """
        known = task if isinstance(task, Task) else self.task(task)
        if known.ended:
            return checked(known)
        with progress_shown(known.name, self._progress) as show:
            return self._followed(known.task_id, show, timeout_s)

    def _followed(self, task_id: str, show: Show, timeout_s: float | None = None) -> Task:
        def show_task(task: Task) -> None:
            if task.ended:
                show(msgspec.structs.replace(task.progress, message=task.state))
            elif task.started_at is not None:
                show(task.progress)

        return checked(wait_for(self._transport, task_id, timeout_s=timeout_s, show=show_task))

    def _started(self, answer: httpx.Response, wait: bool, timeout_s: float | None) -> Task:
        """Return the task that a 202 names, waited for if `wait`."""
        task = self.task(decoded(answer)["task_id"])
        return self.wait(task, timeout_s) if wait else task


def decoded(answer: httpx.Response) -> dict[str, Any]:
    """Return what an answer says."""
    return msgspec.json.decode(answer.content, type=dict[str, Any])
