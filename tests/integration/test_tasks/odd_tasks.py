"""The real application with a few tasks more, each of which behaves in an odd way."""

import os
import signal
import time
from typing import Any

from core.errors import ExchangeUnavailable, InvalidRequest
from core.jobs import Job, Progress
from storage.stores import Stores
from tasks import queues
from tasks.celery_tasks import stage_of_job, task
from tasks.held_job import Note, Report
from tasks.main import app

__all__ = ["app"]

NAMES = ("odd_slow", "odd_deadly", "odd_broken", "odd_refused", "odd_unanswerable", "odd_flaky")
queues.QUEUE_OF |= dict.fromkeys(NAMES, queues.FETCH)


def slow(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Take `seconds`, then leave one mark that counts."""
    stores.redis.incr(f"started:{job.id}")
    until = time.monotonic() + job.request["seconds"]
    while time.monotonic() < until:
        report(Progress(1, 2, "steps"))
        time.sleep(0.05)
    report(Progress(2, 2, "steps"))
    return {"effects": stores.redis.incr(f"effects:{job.id}"), "pid": os.getpid()}


def deadly(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Kill the process, as an out-of-memory killer does."""
    stores.redis.incr(f"started:{job.id}")
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def broken(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Fail for a fault of ours."""
    raise ValueError("secret detail /etc/passwd")


def refused(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Fail for a reason that the caller can mend."""
    raise InvalidRequest("symbol: there is none of that name.")


def unanswerable(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Return what no answer can carry."""
    return {"value": object()}


def flaky(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Note each step, and find the exchange away after every one."""
    step = job.checkpoint.get("step", 0)
    if step < 3:
        note({"step": step + 1})
        raise ExchangeUnavailable("coinbase is away.", retry_after=0)
    return {"steps": step}


@task("odd_slow")
def odd_slow(job_id: str, stage: int) -> None:
    stage_of_job(job_id, stage, slow)


@task("odd_deadly")
def odd_deadly(job_id: str, stage: int) -> None:
    stage_of_job(job_id, stage, deadly)


@task("odd_broken")
def odd_broken(job_id: str, stage: int) -> None:
    stage_of_job(job_id, stage, broken)


@task("odd_refused")
def odd_refused(job_id: str, stage: int) -> None:
    stage_of_job(job_id, stage, refused)


@task("odd_unanswerable")
def odd_unanswerable(job_id: str, stage: int) -> None:
    stage_of_job(job_id, stage, unanswerable)


@task("odd_flaky")
def odd_flaky(job_id: str, stage: int) -> None:
    stage_of_job(job_id, stage, flaky)
