"""Real Celery workers as child processes, on the embedded Redis and an SQLite of each test."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

from core.jobs import Job
from core.settings import Settings
from storage.database import migrate
from storage.embedded_redis import start_redis, stop_redis
from storage.stores import Stores, open_stores
from tasks import queues
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue

HERE = Path(__file__).parent
QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
ODD = ("odd_slow", "odd_deadly", "odd_broken", "odd_refused", "odd_unanswerable", "odd_flaky")


def eventually(condition: Callable[[], Any], seconds: float = 20, what: str = "") -> Any:
    """Return what the condition gives as soon as it is true; fail after some seconds."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, what or "it did not come about in time"
        time.sleep(0.02)
    return found


class Bench:
    """One installation under test: settings, stores, a sender, and workers to start."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stores: Stores = open_stores(settings)
        migrate(self.stores.engine)
        self.celery: Celery = make_celery(settings.broker_address)
        self.enqueue = Enqueue(self.stores.jobs, self.stores.uploads, self.celery)
        self.processes: list[subprocess.Popen[bytes]] = []

    def worker(
        self, *options: str, app: str = "odd_tasks", name: str = "odd", wait: bool = True
    ) -> "subprocess.Popen[bytes]":
        """Start a worker and return once its pulse is there."""
        command = ["worker", "-n", f"{name}@%h", *(options or ("-Q", "fetch", "-P", "threads"))]
        process = self.start(app, *command, *QUIET)
        if wait:
            self.pulse(process)
        return process

    def start(self, app: str, *command: str) -> "subprocess.Popen[bytes]":
        """Start a Celery process on this installation."""
        environment = os.environ | {
            "TICKCAST_DATA_DIR": str(self.settings.data_dir),
            "TICKCAST_REDIS_URL": self.settings.redis_address,
            "TICKCAST_EXCHANGE_URLS": self.settings.model_dump_json(include={"exchange_urls"})[
                len('{"exchange_urls":') : -1
            ],
            "PYTHONPATH": str(HERE),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", app, *command],
            env=environment,
            cwd=HERE.parents[2],
        )
        self.processes.append(process)
        return process

    def pulse(self, process: "subprocess.Popen[bytes]") -> dict[str, str]:
        """Return a worker's fields once it has any."""

        def find() -> dict[str, str] | None:
            assert process.poll() is None, "the worker ended"
            pulses = self.stores.workers.all().values()
            return next((p for p in pulses if p["pid"] == str(process.pid)), None)

        return dict(eventually(find, what="the worker has no pulse"))

    def job(self, name: str, **request: Any) -> Job:
        """Make a job of one odd stage and publish it."""
        job = self.stores.jobs.create(name, [(name, queues.FETCH)], request)
        self.enqueue.publish(job)
        return job

    def ended(self, job: Job, seconds: float = 30) -> Job:
        """Return a job once it has ended."""
        find = self.stores.jobs.get
        eventually(lambda: find(job.id).ended, seconds, f"not ended: {find(job.id)}")
        return find(job.id)

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


@pytest.fixture(autouse=True)
def _odd_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ODD:
        monkeypatch.setitem(queues.QUEUE_OF, name, queues.FETCH)


@pytest.fixture
def bench(
    redis_settings: Settings, redis_client: "redis.Redis", tmp_path: Path
) -> Iterator[Bench]:
    """An installation on the session's Redis."""
    own = {"data_dir": tmp_path, "redis_url": redis_settings.redis_address}
    bench = Bench(redis_settings.model_copy(update=own))
    yield bench
    bench.close()


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


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """A Redis of this test alone."""
    own = OwnRedis(Settings(data_dir=tmp_path / "own", _env_file=None))
    yield own
    own.stop()


@pytest.fixture
def own_bench(own_redis: OwnRedis) -> Iterator[Bench]:
    """An installation on a Redis that the test may kill."""
    bench = Bench(own_redis.settings)
    yield bench
    bench.close()
