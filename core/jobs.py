"""A job: one piece of background work, as a caller sees it."""

from enum import StrEnum
from typing import Any, Generic

import msgspec
from typing_extensions import TypeVar

# What JSON objects are before anybody has said what they hold.
Json = dict[str, Any]
Request = TypeVar("Request", default=Json)


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


class Job(msgspec.Struct, Generic[Request], frozen=True):
    """One row of background work. Times are epoch milliseconds UTC.

    `stages` are the Celery tasks of its steps, which run one after another under this
    id, and `stage` the index of the present one. `request` is what was asked for: JSON as
    it is stored, the struct of its task for the work itself (`asked`);
    `checkpoint` what a step noted so that a retry resumes where it stopped.
    """

    id: str
    name: str
    state: JobState
    stages: list[str]
    stage: int
    request: Request
    checkpoint: Json
    progress: Progress
    attempt: int
    created_at: int
    result: Json | None = None
    error: JobError | None = None
    started_at: int | None = None
    finished_at: int | None = None

    @property
    def percent(self) -> int:
        """Return how much is done, steps of a job counting alike: 0 to 99 before its end."""
        if self.state is JobState.SUCCEEDED:
            return 100
        share = self.progress.done / self.progress.total if self.progress.total else 0.0
        return min(99, int(100 * (self.stage + share) / max(len(self.stages), 1)))

    @property
    def ended(self) -> bool:
        """Whether the state is final."""
        return self.state in FINAL_STATES


def asked(job: Job, request: type[Request]) -> Job[Request]:
    """Return a job with its request read as a struct; raises `msgspec.ValidationError`."""
    return msgspec.structs.replace(job, request=msgspec.convert(job.request, request))  # type: ignore[arg-type]
