"""A disk or a Redis that is full for a minute, under bodies of 1,000 trades without a pause.

Reads go on, writes are refused, nothing is lost or counted twice, and all is well
within five seconds of room. Prints the figures; `make campaign`.
"""

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import httpx
import pytest

from bench.measure import percentile
from bench.running_tickcast import RunningTickcast
from storage.redis_connection import connect
from tests.e2e.alone.test_full_disk import fill, mounted
from tests.e2e.conftest import client_of, wait_for

pytestmark = pytest.mark.slow

DISK_MB, BODY, HELD_S = 1_024, 1_000, 60
READS = ("/candles", "/tasks", "/trades/x/A-B?limit=100", "/candles/x/A-B/60")


class Caller(ABC):
    """Calls a server in a thread of its own for as long as the context lasts."""

    def __init__(self, server: RunningTickcast) -> None:
        self._server = server
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @abstractmethod
    def _run(self) -> None: ...


class Ingest(Caller):
    """Posts bodies, each until it is accepted, as a feed does.

    What is refused may have been stored all the same, as after a time-out: sent again it
    counts once. So the last body too is sent until it is accepted.
    """

    def __init__(self, server: RunningTickcast) -> None:
        super().__init__(server)
        self.accepted = self.refused = 0
        self.accepted_at = 0.0

    def _run(self) -> None:
        with client_of(self._server) as client:
            while not self._ended.is_set():
                body = self._body()
                while (answer := client.post("/ingest/x", content=body)).status_code != 202:
                    assert answer.status_code in (429, 503), answer.text
                    assert "Retry-After" in answer.headers
                    self.refused += answer.status_code == 503
                    time.sleep(0.05)
                self.accepted += BODY
                self.accepted_at = time.monotonic()

    def _body(self) -> bytes:
        ids = range(self.accepted + 1, self.accepted + BODY + 1)
        trades = [
            {"type": "trade", "symbol": "A-B", "price": "1.5", "size": "2", "trade_id": one}
            for one in ids
        ]
        return json.dumps(trades).encode()


class Reader(Caller):
    """Reads all the time; how long each answer took."""

    def __init__(self, server: RunningTickcast) -> None:
        super().__init__(server)
        self.seconds: list[float] = []
        self.statuses: set[int] = set()

    def _run(self) -> None:
        with client_of(self._server) as client:
            while not self._ended.wait(0.02):
                for path in READS:
                    began = time.perf_counter()
                    self.statuses.add(client.get(path).status_code)
                    self.seconds.append(time.perf_counter() - began)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for a minute of bodies."""
    with mounted(tmp_path / "disk", DISK_MB) as folder:
        yield folder


def run(name: str, server: RunningTickcast, take_room: Callable[[], Callable[[], object]]) -> None:
    """Take the room under ingest, wait, give it back, and judge."""
    running = server.processes()
    with client_of(server) as client:
        with Ingest(server) as ingest:
            wait_for(lambda: ingest.accepted >= 5 * BODY, 30, "ingest")
            give_back = take_room()
            wait_for(lambda: ingest.refused > 0, 60, "refusal")
            with Reader(server) as reader:
                time.sleep(HELD_S)
                health = client.get("/health").json()
                before = ingest.accepted
            give_back()
            freed = time.monotonic()
            wait_for(lambda: ingest.accepted > before, 30, "acceptance")
            accepting = ingest.accepted_at - freed
            wait_for(lambda: _status(client) == "healthy", 30, "health")
            healthy = time.monotonic() - freed
        wait_for(lambda: _counted(server) >= ingest.accepted, 120, "all that was accepted")
        time.sleep(2)
        extra = _counted(server) - ingest.accepted
    p99 = percentile(reader.seconds, 0.99)
    print(
        f"\n{name}: {HELD_S} s, {len(reader.seconds):,} reads, p99 {1_000 * p99:.0f} ms; "
        f"{ingest.accepted:,} trades accepted, {ingest.refused:,} bodies refused; 0 lost, "
        f"{extra} extra; accepting after {accepting:.1f} s, healthy after {healthy:.1f} s"
    )
    assert health["status"] == "degraded", health
    assert reader.statuses == {200}
    assert extra == 0
    assert running.keys() <= server.processes().keys(), server.printed()[-5_000:]
    assert p99 < 1
    assert healthy < 5
    assert accepting < 5


def _status(client: httpx.Client) -> str:
    return str(client.get("/health").json()["status"])


def _counted(server: RunningTickcast) -> int:
    """Return how many trades the candles of a day hold."""
    with connect(server.settings.redis_address) as client:
        command = ("TS.RANGE", "ts:x:A-B:86400:trades", "-", "+")
        return round(sum(float(value) for _, value in client.execute_command(*command)))


def test_the_disk_is_full_for_a_minute(disk: Path) -> None:
    with RunningTickcast(disk / "data") as server:

        def take_room() -> Callable[[], object]:
            return fill(disk).unlink

        run("disk full", server, take_room)


def test_the_memory_of_redis_is_full_for_a_minute(tmp_path: Path) -> None:
    with (
        RunningTickcast(tmp_path / "data") as server,
        connect(server.settings.redis_address) as client,
    ):

        def take_room() -> Callable[[], object]:
            client.config_set("maxmemory", client.info("memory")["used_memory"])
            return lambda: client.config_set("maxmemory", 0)

        run("memory of Redis full", server, take_room)
