"""Any process may be killed: it comes back, and no work is lost."""

import os
import signal
from collections.abc import Iterator

import httpx
import pytest

from bench.running_tickcast import RunningTickcast
from tests.e2e.conftest import (
    FIRST,
    HOUR,
    Row,
    client_of,
    ended_task,
    stored_rows,
    wait_for,
)

HEALED_WITHIN = 30
# What its command line holds, for each part.
PARTS = {
    "redis": "redis-server",
    "api": "api.main:app",
    "stream": "stream@",
    "worker": "worker@",
    "fetcher": "fetcher@",
    "trainer": "trainer@",
    "beat": "tasks.main beat",
}


@pytest.fixture
def client(mortal: RunningTickcast) -> Iterator[httpx.Client]:
    wait_for(lambda: mortal.health() == 200, HEALED_WITHIN, "health")
    with client_of(mortal) as client:
        yield client


def oldest(tickcast: RunningTickcast, part: str) -> int:
    """Return the id of a part's main process."""
    return min(tickcast.processes(PARTS[part]))


def kill(tickcast: RunningTickcast, part: str) -> int:
    pid = oldest(tickcast, part)
    os.kill(pid, signal.SIGKILL)
    return pid


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_process_comes_back(
    mortal: RunningTickcast, client: httpx.Client, part: str
) -> None:
    killed = kill(mortal, part)

    wait_for(
        lambda: any(pid != killed for pid in mortal.processes(PARTS[part])),
        HEALED_WITHIN,
        f"another {part}",
    )
    wait_for(lambda: pulse(client, part) != str(killed), HEALED_WITHIN, f"a pulse of {part}")
    wait_for(lambda: mortal.health() == 200, HEALED_WITHIN, f"health after {part} was killed")
    assert killed not in mortal.processes()
    told = f"{part} ended (signal SIGKILL) and is started again."
    wait_for(lambda: told in mortal.printed(), HEALED_WITHIN, "a line that tells of it")


def test_a_killed_child_of_the_api_comes_back(
    mortal: RunningTickcast, client: httpx.Client
) -> None:
    before = mortal.processes(PARTS["api"])
    os.kill(max(before), signal.SIGKILL)
    wait_for(lambda: len(mortal.processes(PARTS["api"])) == len(before), HEALED_WITHIN)
    wait_for(lambda: mortal.health() == 200, HEALED_WITHIN, "health")


def test_health_tells_of_a_process_that_stands_still(
    mortal: RunningTickcast, client: httpx.Client
) -> None:
    frozen = oldest(mortal, "fetcher")
    os.kill(frozen, signal.SIGSTOP)
    try:
        wait_for(lambda: mortal.health() == 503, HEALED_WITHIN, "a sick health")
        parts = client.get("/health").json()["parts"]
        assert [name for name, state in parts.items() if state != "ready"] == ["fetcher"]
    finally:
        os.kill(frozen, signal.SIGCONT)
    wait_for(lambda: mortal.health() == 200, HEALED_WITHIN, "health")


def test_redis_killed_in_mid_ingest_loses_nothing(
    mortal: RunningTickcast, client: httpx.Client, exchange_rows: list[Row]
) -> None:
    asked = {"symbol": "BTC-USD", "resolution": "1h", "start": FIRST, "end": FIRST + 12_000 * HOUR}
    task = client.post("/ingest/kline/coinbase", json=asked).json()["task_id"]
    wait_for(lambda: progress(client, task) >= 1_000, 60, "the first thousand candles")

    kill(mortal, "redis")

    body = ended_task(client, task)
    assert body["state"] == "succeeded", body
    expected = [row for row in exchange_rows if row[0] <= FIRST + 12_000 * HOUR]
    assert stored_rows(client, "coinbase/BTC-USD/1h") == expected
    assert body["result"]["inserted"] == len(expected)  # type: ignore[index]


def test_a_trainer_killed_in_mid_training_ends_well(
    mortal: RunningTickcast, client: httpx.Client, exchange_rows: list[Row]
) -> None:
    # What is killed is trained once more from its beginning: few candles, without an outage.
    body = {"symbol": "FEW", "resolution": "1h", "candles": exchange_rows[4_000:6_000]}
    stored = client.post("/ingest/candles/file", json=body).raise_for_status().json()
    assert ended_task(client, stored["task_id"])["state"] == "succeeded"
    asked = {
        "platform": "file", "symbol": "FEW", "resolution": "1h", "model_name": "killed",
        "model_id": "1", "seq_len": 16, "nsteps": 2, "epochs": 2, "folds": 2, "seed": 1,
    }  # fmt: skip
    task = client.post("/lstm/train", json=asked).json()["task_id"]
    wait_for(lambda: state(client, task) == "running" and progress(client, task) > 0, 120)
    for pid in sorted(mortal.processes(PARTS["trainer"]), reverse=True):
        os.kill(pid, signal.SIGKILL)

    body = ended_task(client, task, 240)

    assert body["state"] == "succeeded", body
    assert client.get("/lstm/models/killed/1").status_code == 200
    left = [path.name for path in (mortal.data_dir / "models").rglob("*") if "tmp" in path.name]
    assert left == []


def pulse(client: httpx.Client, part: str) -> str | None:
    """Return the process id that a worker shows in `/health`; None for Redis and the api."""
    try:
        workers = client.get("/health").json().get("workers", {})
    except httpx.TransportError:
        return None
    return next((worker["pid"] for worker in workers.values() if worker["role"] == part), None)


def progress(client: httpx.Client, task: str) -> int:
    """Return how much of a task is done."""
    body = client.get(f"/tasks/{task}").json()
    assert body["state"] not in ("failed", "cancelled"), body
    done: int = body["progress"]["done"] if body["state"] != "succeeded" else 1 << 60
    return done


def state(client: httpx.Client, task: str) -> str:
    """Return a task's state."""
    found: str = client.get(f"/tasks/{task}").json()["state"]
    return found
