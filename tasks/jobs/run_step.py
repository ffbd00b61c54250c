"""One stage of a job, from taking it to its end; the only way in which work runs."""

import logging
import os
import random
import socket
import time
from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol, TypeVar

import msgspec

from core.errors import JobCancelled, JobStopped, TickcastError, Unavailable
from core.jobs import Job, JobError
from storage.jobs.job_store import Lease
from storage.stores import Stores
from tasks.jobs.held_job import HeldJob, Note, Report, WorkerStopping, tell

logger = logging.getLogger(__name__)
T = TypeVar("T")

# How long a part of the system may stay away before the job is given up (s).
PATIENCE_S = 600.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 15.0


class Work(Protocol):
    """What a stage does: plain functions that know nothing of Celery.

    It may run again after a failure, resuming from `job.checkpoint`, so its
    effects must be such that twice is as good as once.
    """

    def __call__(self, stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
        """Do the work and return its part of the job's result."""
        ...


class After(Enum):
    """What is to become of the message that brought the stage."""

    GO_ON = "done"
    END = "nothing more to do with this message"
    AGAIN = "back into the queue"


def run_stage(
    stores: Stores, job_id: str, stage: int, work: Work, patience: float = PATIENCE_S
) -> After:
    """Take a stage of a job, do its work, and record how it ended.

    Whoever holds the job stands in its row; a message for a job that is taken,
    has ended or is at another stage does nothing. While Redis, SQL or the
    exchange is away the work is repeated, for `patience` seconds without a new
    checkpoint.
    """
    try:
        taken = stores.jobs.claim_job(job_id, stage, f"{socket.gethostname()}:{os.getpid()}")
    except Unavailable:
        time.sleep(1)
        return After.AGAIN
    if taken is None:
        return After.END
    lease, job = taken
    started = time.monotonic()
    with HeldJob(stores, job, lease) as held:
        after = _run(stores, held, work, patience)
    seconds = time.monotonic() - started
    logger.info("job %s: %s: %s (%.3f s)", job_id, job.stages[stage], after.value, seconds)
    return after


def _run(stores: Stores, held: HeldJob, work: Work, patience: float) -> After:
    after, ending = _do(stores, held, work, patience)
    try:
        tell(stores, _patiently(held, patience, lambda: ending(held.lease)))
    except (JobStopped, Unavailable) as error:
        # Somebody else has the job, or the row cannot be written: then the reaper sees to it.
        logger.warning("job %s: its end was not recorded: %s", held.job.id, error.detail)
        return After.END
    return after


def _do(
    stores: Stores, held: HeldJob, work: Work, patience: float
) -> tuple[After, Callable[[Lease], Job]]:
    """Do the work; returns what becomes of the message and how the job's row is to end."""
    jobs = stores.jobs
    try:
        result = _patiently(held, patience, lambda: work(stores, held.job, held.report, held.note))
        msgspec.json.encode(result)  # a value that no answer can carry is our fault: see below
        held.record_last_progress()
        return After.GO_ON, lambda lease: jobs.finish_stage(lease, result)
    except WorkerStopping:
        return After.AGAIN, jobs.release
    except JobCancelled:
        return After.END, jobs.cancelled
    except TickcastError as error:
        reason = JobError(error.type, error.detail)
    except Exception:
        logger.exception("job %s: a fault of ours", held.job.id)
        detail = f"The task failed for a fault of ours; the log tells more under {held.job.id}."
        reason = JobError("internal_error", detail)
    return After.END, lambda lease: jobs.fail(lease, reason)


def _patiently(held: HeldJob, patience: float, act: Callable[[], T]) -> T:
    """Act until nothing that it needs is away; raises `Unavailable` when patience ends."""
    pause = _FIRST_PAUSE_S
    since, noted = time.monotonic(), held.notes
    while True:
        try:
            return act()
        except Unavailable as error:
            if held.notes != noted:
                since, noted, pause = time.monotonic(), held.notes, _FIRST_PAUSE_S
            if time.monotonic() - since > patience:
                raise
            logger.warning("job %s: %s Trying again.", held.job.id, error.detail)
            held.wait(max(error.retry_after or 0, pause) * random.uniform(0.8, 1.2))  # noqa: S311
            pause = min(pause * 2, _LONGEST_PAUSE_S)
