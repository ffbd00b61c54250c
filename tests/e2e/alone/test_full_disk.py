"""The disk fills under a server that takes trades: it reads on, refuses writes, and recovers."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.running_tickcast import RunningTickcast
from tests.e2e.conftest import wait_for

DISK_MB, RESERVE_MB = 160, 40


@contextlib.contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own; who may not mount one skips the test, and says so."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False).returncode:
        pytest.skip("NOT TESTED: only root of a machine of its own can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that a test can fill in seconds."""
    with mounted(tmp_path / "disk", DISK_MB) as folder:
        yield folder


def fill(folder: Path) -> Path:
    """Take all that is free, to the last byte, as fast as a disk of its time."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * (1 << 20))
                time.sleep(0.02)
        except OSError:
            pass
    return filler


def trade(number: int) -> dict[str, Any]:
    return {"type": "trade", "symbol": "A-B", "price": "1.5", "size": "2", "trade_id": number}


def test_a_full_disk_refuses_writes_loses_nothing_and_ends_no_process(small_disk: Path) -> None:
    settings = {"disk_reserve_mb": str(RESERVE_MB)}
    with RunningTickcast(small_disk / "data", **settings) as server:
        running = server.processes()
        with httpx.Client(
            base_url=server.url, headers={"X-API-Key": server.key}, timeout=10
        ) as client:
            accepted = 0

            def ingest() -> int:
                nonlocal accepted
                answer = client.post("/ingest/x", json=trade(accepted + 1))
                accepted += answer.status_code == 202
                return answer.status_code

            assert ingest() == 202, server.printed()[-3000:]
            filler = fill(small_disk)
            wait_for(lambda: ingest() == 503, 10, "refusal")
            seconds = []
            until = time.monotonic() + 8
            while time.monotonic() < until:
                answer = client.post("/ingest/x", json=trade(10**9))
                assert (answer.status_code, answer.json()["error"]) == (503, "storage_full")
                assert int(answer.headers["Retry-After"]) <= 5
                began = time.perf_counter()
                for path in ("/candles", "/tasks", "/trades/x/A-B"):
                    assert client.get(path).status_code == 200, server.printed()[-4000:]
                seconds.append(time.perf_counter() - began)
                health = client.get("/health").json()
                assert health["status"] == "degraded"
                assert "disk" in health["reasons"]
                time.sleep(0.2)
            assert sorted(seconds)[len(seconds) // 2] < 3

            filler.unlink()
            freed = time.monotonic()
            wait_for(lambda: ingest() == 202, 30, "acceptance")
            accepting = time.monotonic() - freed
            wait_for(lambda: client.get("/health").json()["status"] == "healthy", 30, "health")
            print(f"accepting after {accepting:.1f} s, healthy {time.monotonic() - freed:.1f} s")

            def stored() -> int:
                return len(client.get("/trades/x/A-B?limit=1000").json()["trades"])

            wait_for(lambda: stored() == accepted, 30, "all that was accepted")
        ended = running.keys() - server.processes().keys()
        assert not ended, server.printed()[-9000:]
