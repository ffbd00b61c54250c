"""Health tells within 5 s what stands still, and is well again by itself."""

import os
import re
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.running_tickcast import RunningTickcast
from tests.e2e.conftest import client_of, wait_for

TOLD_WITHIN = 5.0
WELL_WITHIN = 30.0
WORKERS = ("stream", "worker", "fetcher", "trainer", "beat")


@pytest.fixture
def http(mortal: RunningTickcast) -> Iterator[httpx.Client]:
    """A client that has waited until all is well."""
    with client_of(mortal) as client:
        wait_for(lambda: _health(client)["status"] == "healthy", WELL_WITHIN, "health")
        yield client


def _health(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/health").json()
    return found


def _down(client: httpx.Client) -> set[str]:
    return {name for name, state in _health(client)["parts"].items() if state == "down"}


def _told_in_time(client: httpx.Client, parts: set[str], since: float) -> None:
    wait_for(lambda: parts <= _down(client), TOLD_WITHIN + 1, f"word of {parts}")
    assert time.monotonic() - since <= TOLD_WITHIN
    assert _health(client)["status"] == "degraded"


def _pids(tickcast: RunningTickcast, part: str) -> list[int]:
    marks = {"redis": "redis-server", "beat": "tasks.main beat"}
    return sorted(tickcast.processes(marks.get(part, f"-n {part}@")))


def _stand_still(client: httpx.Client, pids: list[int], parts: set[str]) -> None:
    began = time.monotonic()
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        _told_in_time(client, parts, began)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    wait_for(lambda: _health(client)["status"] == "healthy", WELL_WITHIN, "health")


def test_workers_that_stand_still_are_told_one_by_one(
    mortal: RunningTickcast, http: httpx.Client
) -> None:
    pids = [pid for part in WORKERS for pid in _pids(mortal, part)]
    _stand_still(http, pids, set(WORKERS))


def test_a_child_that_stands_still_is_told_though_its_parent_lives(
    mortal: RunningTickcast, http: httpx.Client
) -> None:
    child = _pids(mortal, "trainer")[-1]
    assert len(_pids(mortal, "trainer")) == 2
    _stand_still(http, [child], {"trainer"})


def test_a_redis_that_stands_still_is_told(mortal: RunningTickcast, http: httpx.Client) -> None:
    _stand_still(http, _pids(mortal, "redis"), {"redis"})


def test_a_database_that_nobody_can_write_is_told(
    mortal: RunningTickcast, http: httpx.Client
) -> None:
    file = Path(str(mortal.settings.database_address).removeprefix("sqlite:///"))
    other = sqlite3.connect(file, isolation_level=None, timeout=10)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    try:
        _told_in_time(http, {"database"}, began)
    finally:
        other.execute("ROLLBACK")
        other.close()
    wait_for(lambda: _health(http)["status"] == "healthy", WELL_WITHIN, "health")


def test_the_details_count_the_requests_of_all_api_processes(http: httpx.Client) -> None:
    before = http.get("/health/detailed").json()["metrics"]["requests_per_minute"]
    for _ in range(60):
        assert httpx.get(f"{http.base_url}/").status_code == 200
    after = http.get("/health/detailed").json()["metrics"]
    assert after["requests_per_minute"] >= before + 50
    assert after["avg_latency_ms"] > 0
    assert after["error_rate_percent"] == 0
    assert after["uptime_seconds"] > 1


def test_metrics_count_the_tasks_of_all_workers(http: httpx.Client) -> None:
    def counted() -> set[str]:
        text = http.get("/metrics/prometheus").text
        done = re.findall(r'tickcast_tasks_total\{state="SUCCESS",task="(\w+)"\}', text)
        return set(done)

    wait_for(lambda: {"reap_jobs", "refresh_watched", "maintain_stream"} <= counted(), 20, "tasks")
    assert "tickcast_task_seconds_bucket" in http.get("/metrics/prometheus").text
