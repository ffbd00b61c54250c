"""The real application with a few tasks more, each of which behaves in an odd way."""

import os
import signal
import time
from typing import Any

from celery import bootsteps  # type: ignore[import-untyped]

from core.errors import ExchangeUnavailable, InvalidRequest
from core.jobs import Job, Json, Progress
from storage.redis_connection import redis_errors
from storage.stores import Stores
from tasks.celery_tasks import Step
from tasks.jobs import held_job
from tasks.jobs.held_job import Note, Report
from tasks.jobs.run_step import Work
from tasks.main import app
from tasks.task_table import FETCH, QUEUE_OF, Task
from tasks.worker.heartbeat import WorkerHeartbeat
from tests.integration.tasks.jobs.workbench import ODD_NAMES

__all__ = ["app"]

QUEUE_OF |= dict.fromkeys(ODD_NAMES, FETCH)


def slow(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Take `seconds` (`seconds_again` if it was begun before), then leave one mark that counts."""
    with redis_errors():
        stores.redis.set(f"pid:{job.id}", os.getpid())
        again = stores.redis.incr(f"started:{job.id}") > 1
    seconds = job.request["seconds"]
    until = time.monotonic() + (job.request.get("seconds_again", seconds) if again else seconds)
    while time.monotonic() < until:
        report(Progress(1, 2, "steps"))
        time.sleep(0.05)
    report(Progress(2, 2, "steps"))
    with redis_errors():
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


class Ear(bootsteps.StartStopStep):  # type: ignore[misc]
    """Knows the consumer, for a task to stop it."""

    requires = ("celery.worker.consumer:Tasks",)
    consumer: Any = None

    def start(self, consumer: Any) -> None:
        Ear.consumer = consumer


app.steps["consumer"].add(Ear)
WorkerHeartbeat.timeout_s = 2.0
held_job.SILENCE_S = 1.5


def stuck(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Hang without a word, the first time."""
    if stores.redis.incr(f"started:{job.id}") == 1:
        time.sleep(600)
    return {}


def deaf(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Have this worker take no more messages, as after a reconnect that went wrong."""
    Ear.consumer.cancel_task_queue(FETCH)
    return {}


def _register(name: str, work: Work) -> None:
    Step(Task[Json, Json](name, FETCH, dict, dict), lambda: work).register()


for _work in (slow, deadly, broken, refused, unanswerable, flaky, deaf, stuck):
    _register(f"odd_{_work.__name__}", _work)
