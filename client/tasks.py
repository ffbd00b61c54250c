"""A task as the server tells of it, and what its state means to a caller."""

from datetime import datetime
from typing import Any

import msgspec

from client.notebook import facts_html
from core.jobs import FINAL_STATES, JobError, JobState, Progress


class Task(msgspec.Struct, frozen=True):
    """One piece of background work.

    `result` is filled once `state` is `succeeded`, `error` once it is `failed`.
    Progress is `done` of `total` `unit`; a total of 0 is not known yet.
    """

    task_id: str
    name: str
    state: JobState
    progress: Progress = Progress()
    result: dict[str, Any] | None = None
    error: JobError | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    def _repr_html_(self) -> str:
        done = f"{self.progress.done:,} of {self.progress.total:,} {self.progress.unit}"
        told = {
            "state": self.state.value,
            "progress": done if self.progress.total else None,
            "message": self.progress.message or None,
            "created": self.created_at,
            "reason": self.error.detail if self.error else None,
            **(self.result or {}),
        }
        short = {name: value for name, value in told.items() if not isinstance(value, dict | list)}
        return facts_html(f"{self.name} {self.task_id}", short)

    @property
    def ended(self) -> bool:
        """Whether the state is final."""
        return self.state in FINAL_STATES


class TaskPage(msgspec.Struct, frozen=True):
    """Some tasks, newest first, and how many there are in all."""

    tasks: list[Task]
    total: int = 0
