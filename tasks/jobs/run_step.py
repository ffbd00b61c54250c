"""One step of a job, from taking it to its end; the only way in which work runs."""

import logging
import os
import random
import socket
import time
from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

import msgspec
from typing_extensions import TypeVar

from core.errors import JobCancelled, JobStopped, TickcastError, Unavailable
from core.jobs import Job, JobError, Json, asked
from core.retry import RetryPolicy
from storage.jobs.job_store import Lease
from storage.stores import Stores
from tasks.jobs.held_job import HeldJob, Note, Report, WorkerStopping, tell

logger = logging.getLogger(__name__)
T = TypeVar("T")
Request = TypeVar("Request", default=Json)
Answer = TypeVar("Answer", default=Json, covariant=True)

# How long a part of the system may stay away before the job is given up (s).
TIMEOUT_S = 600.0
_RETRYING = RetryPolicy(first_s=0.5, longest_s=15.0)


class Work(Protocol[Request, Answer]):
    """What a step does: plain functions that know nothing of Celery.

    It may run again after a failure, resuming from `job.checkpoint`, so its
    effects must be such that twice is as good as once.
    """

    def __call__(self, stores: Stores, job: Job[Request], report: Report, note: Note) -> Answer:
        """Do the work and return its part of the job's result."""
        ...


class After(Enum):
    """What is to become of the message that brought the step."""

    GO_ON = "done"
    END = "nothing more to do with this message"
    AGAIN = "back into the queue"


def run_step(
    stores: Stores,
    job_id: str,
    stage: int,
    work: Work[Any, Any],
    request: type[Any] = dict,
    timeout: float = TIMEOUT_S,
    limit_s: float = float("inf"),
) -> After:
    """Take a step of a job, do its work, and record how it ended.

    The work is given the job with its request read as `request`. Whoever holds
    the job stands in its row; a message for a job that is taken, has ended or is
    at another step does nothing. While Redis, SQL or the exchange is away the work
    is repeated, for `timeout` seconds without a new checkpoint. The work fails once it
    has taken `limit_s`.
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
    with HeldJob(stores, job, lease, limit_s) as held:
        after = _run(
            stores,
            held,
            lambda: do_work(stores, held.job, held.report, held.note, work, request),
            timeout,
        )
    seconds = time.monotonic() - started
    logger.info("job %s: %s: %s (%.3f s)", job_id, job.stages[stage], after.value, seconds)
    return after


def do_work(
    stores: Stores,
    job: Job,
    report: Report,
    note: Note,
    work: Work[Any, Any],
    request: type[Any],
) -> Json:
    """Do work between two borders: its request is read here, and its answer made JSON.

    A request that cannot be read and an answer that JSON cannot carry are faults of ours.
    """
    answer = work(stores, asked(job, request), report, note)
    shown: Json = msgspec.to_builtins(answer)
    return shown


def _run(stores: Stores, held: HeldJob, work: Callable[[], Json], timeout: float) -> After:
    after, ending = _do(stores, held, work, timeout)
    try:
        tell(stores, _retried(held, timeout, lambda: ending(held.lease)))
    except (JobStopped, Unavailable) as error:
        # Somebody else has the job, or the row cannot be written: then the reaper sees to it.
        logger.warning("job %s: its end was not recorded: %s", held.job.id, error.detail)
        return After.END
    return after


def _do(
    stores: Stores, held: HeldJob, work: Callable[[], Json], timeout: float
) -> tuple[After, Callable[[Lease], Job]]:
    """Do the work; returns what becomes of the message and how the job's row is to end."""
    jobs = stores.jobs
    try:
        result = _retried(held, timeout, work)
        progress = held.job.progress
        return After.GO_ON, lambda lease: jobs.finish_step(lease, result, progress)
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


def _retried(held: HeldJob, timeout: float, act: Callable[[], T]) -> T:
    """Act until nothing that it needs is away; raises `Unavailable` after `timeout` (s)."""
    since, noted, failures = time.monotonic(), held.notes, 0
    while True:
        try:
            return act()
        except Unavailable as error:
            if held.notes != noted:
                since, noted, failures = time.monotonic(), held.notes, 0
            if time.monotonic() - since > timeout:
                raise
            logger.warning("job %s: %s Trying again.", held.job.id, error.detail)
            failures += 1
            waits = f"waiting: {error.detail} Given up after {timeout / 60:.0f} minutes."
            held.report(msgspec.structs.replace(held.job.progress, message=waits))
            held.wait(_RETRYING.pause(failures, error.retry_after, random.random()))  # noqa: S311
