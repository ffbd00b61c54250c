"""A job: one piece of background work, as a caller sees it."""

from enum import StrEnum
from typing import Any

import msgspec


class JobState(StrEnum):
    """Where a job stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL_STATES = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})


class Progress(msgspec.Struct, frozen=True):
    """How far the work has come: `done` of `total` `unit` (total 0: not known yet)."""

    done: int = 0
    total: int = 0
    unit: str = ""
    message: str = ""


class JobError(msgspec.Struct, frozen=True):
    """Why a job failed: an error type and a sentence fit for the caller."""

    type: str
    detail: str


class Job(msgspec.Struct, frozen=True):
    """One row of background work. Times are epoch milliseconds UTC.

    `stages` are the Celery tasks that run one after another under this id, and
    `stage` the index of the present one. `request` is what was asked for;
    `checkpoint` what a stage noted so that a retry resumes where it stopped.
    """

    id: str
    name: str
    state: JobState
    stages: list[str]
    stage: int
    request: dict[str, Any]
    checkpoint: dict[str, Any]
    progress: Progress
    attempt: int
    created_at: int
    result: dict[str, Any] | None = None
    error: JobError | None = None
    started_at: int | None = None
    finished_at: int | None = None

    @property
    def ended(self) -> bool:
        """Whether the state is final."""
        return self.state in FINAL_STATES
