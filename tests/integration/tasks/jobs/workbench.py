"""Real Celery workers as child processes, on a real Redis and an SQLite of their own."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery import Celery  # type: ignore[import-untyped]

from core.jobs import Job
from core.settings import Settings
from operate.embedded_redis import start_redis, stop_redis
from storage.stores import Stores, open_stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.jobs.ending import HUNG
from tasks.jobs.reap_jobs import reap_jobs
from tasks.task_table import FETCH
from tests.migrated import lay_tables

ROOT = Path(__file__).parents[4]
ODD_TASKS = "tests.integration.tasks.jobs.odd_tasks"
ODD_NAMES = (
    "odd_slow",
    "odd_deadly",
    "odd_broken",
    "odd_refused",
    "odd_unanswerable",
    "odd_flaky",
    "odd_deaf",
    "odd_stuck",
)
QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat"]


def eventually(condition: Callable[[], Any], seconds: float = 20, what: str = "") -> Any:
    """Return what the condition gives as soon as it is true; fail after some seconds."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, what or "it did not come about in time"
        time.sleep(0.02)
    return found


class Workbench:
    """One installation under test: settings, stores, a sender, and workers to start."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stores: Stores = open_stores(settings)
        lay_tables(self.stores.engine)
        self.celery: Celery = make_celery(settings.broker_address)
        self.enqueue = Enqueue(self.stores.jobs, self.stores.uploads, self.celery)
        self.processes: list[subprocess.Popen[bytes]] = []

    def worker(
        self, *options: str, app: str = ODD_TASKS, name: str = "odd", wait: bool = True
    ) -> "subprocess.Popen[bytes]":
        """Start a worker and return once its heartbeat is there."""
        command = ["worker", "-n", f"{name}@%h", *(options or ("-Q", "fetch", "-P", "threads"))]
        process = self.start(app, *command, *QUIET)
        if wait:
            self.heartbeat(process)
        return process

    def kept_worker(self, *options: str) -> None:
        """Start a worker and, as the supervisor does, start it again when it ends itself."""
        worker = self.worker(*options)

        def keep(worker: "subprocess.Popen[bytes]") -> None:
            while worker.wait() == HUNG:
                worker = self.worker(*options, wait=False)

        threading.Thread(target=keep, args=(worker,), daemon=True).start()

    def freeze(self, process: "subprocess.Popen[bytes]") -> None:
        """Stop a process as if it slept, at a moment at which it holds no lock of SQLite's."""

        def stopped_without_a_lock() -> bool:
            process.send_signal(signal.SIGSTOP)
            try:
                with contextlib.closing(sqlite3.connect(self._sqlite, timeout=0.5)) as connection:
                    connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
                return False
            return True

        eventually(stopped_without_a_lock)

    @property
    def _sqlite(self) -> str:
        return self.settings.database_address.removeprefix("sqlite:///")

    def start(self, app: str, *command: str) -> "subprocess.Popen[bytes]":
        """Start a Celery process on this installation."""
        environment = os.environ | {
            "TICKCAST_DATA_DIR": str(self.settings.data_dir),
            "TICKCAST_REDIS_URL": self.settings.redis_address,
            "TICKCAST_BACKFILL_SLEEP_MS": str(self.settings.backfill_sleep_ms),
            "TICKCAST_EXCHANGE_URLS": json.dumps(self.settings.exchange_urls),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", app, *command],
            env=environment,
            cwd=ROOT,
        )
        self.processes.append(process)
        return process

    def heartbeat(self, process: "subprocess.Popen[bytes]") -> dict[str, str]:
        """Return a worker's fields once it has any."""

        def find() -> dict[str, str] | None:
            assert process.poll() is None, "the worker ended"
            heartbeats = self.stores.workers.all().values()
            return next((p for p in heartbeats if p["pid"] == str(process.pid)), None)

        return dict(eventually(find, 60, "the worker has no heartbeat"))

    def job(self, name: str, **request: Any) -> Job:
        """Make a job of one odd stage and publish it."""
        job = self.stores.jobs.create(name, [(name, FETCH)], request)
        self.enqueue.publish(job)
        return job

    def ended(self, job: Job, seconds: float = 30) -> Job:
        """Return a job once it has ended."""
        find = self.stores.jobs.get
        eventually(lambda: find(job.id).ended, seconds, f"not ended: {find(job.id)}")
        return find(job.id)

    def reaped_until_ended(self, job: Job, stale_ms: int, seconds: float = 30) -> Job:
        """Return a job once it has ended, with a reaper at work as beat would have it."""

        def ended() -> bool:
            reap_jobs(self.stores, self.enqueue, stale_ms=stale_ms)
            return self.stores.jobs.get(job.id).ended

        eventually(ended, seconds, f"not ended: {self.stores.jobs.get(job.id)}")
        return self.stores.jobs.get(job.id)

    def in_state(self, job: Job, state: str) -> Job:
        """Return a job once it is in a state."""
        eventually(lambda: self.stores.jobs.get(job.id).state == state, what=f"never {state}")
        return self.stores.jobs.get(job.id)

    def counted(self, mark: str, job: Job) -> int:
        """Return how often the work of a job started, or had its effect."""
        return int(self.stores.redis.get(f"{mark}:{job.id}") or 0)

    def close(self) -> None:
        """End all workers at once."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
        self.stores.close()


class OwnRedis:
    """A Redis that a test may kill and start again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.start()

    def start(self) -> None:
        """Start it on its data."""
        self.process = start_redis(self.settings)

    def kill(self) -> None:
        """Kill it as hard as the system can."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Stop it in order."""
        stop_redis(self.process)
