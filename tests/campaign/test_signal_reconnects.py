"""A reader of `/ws/signals` that leaves fifty times, and whose server is killed, misses nothing.

Signals are sealed all the while. Prints how many were heard, and over how many connections.
"""

import json
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from bench.running_tickcast import RunningTickcast
from storage.database import writing
from storage.ledger import append_only
from storage.stores import Stores, open_stores
from tests.e2e.faults.test_kills import kill
from tests.integration.api.robots.conftest import EURUSD
from tests.integration.api.signals.test_signal_socket import seal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

RECONNECTS, SIGNALS = 50, 120
# After so many signals were heard the api is killed.
KILLED_AT = (30, 60, 90)


@pytest.fixture
def tickcast(tmp_path: Path) -> Iterator[RunningTickcast]:
    with RunningTickcast(tmp_path / "data") as running:
        yield running


@pytest.fixture
def stores(tickcast: RunningTickcast) -> Iterator[Stores]:
    """The server's stores, in which signals of any candle can be sealed."""
    stores = open_stores(tickcast.settings)
    stores.slots.offer([EURUSD])
    with writing(stores.engine) as connection:
        append_only.lift(connection)
    yield stores
    stores.close()


class Reader:
    """Connects anew from the last number that it heard, as often as it is cut off or leaves."""

    def __init__(self, tickcast: RunningTickcast) -> None:
        self.heard: list[int] = []
        self.connections = 0
        self._tickcast = tickcast
        self._since = 0
        self._drawn = random.Random(50)

    def run(self, count: int) -> None:
        """Hear so many signals, a few over each connection."""
        killed = 0
        while len(self.heard) < count:
            try:
                self._some(min(self._drawn.randint(1, 3), count - len(self.heard)))
            except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                time.sleep(0.2)
            if killed < len(KILLED_AT) and len(self.heard) >= KILLED_AT[killed]:
                kill(self._tickcast, "api")
                killed += 1

    def _some(self, count: int) -> None:
        url = self._tickcast.url.replace("http", "ws") + f"/ws/signals?since={self._since}"
        headers = {"X-API-Key": self._tickcast.key}
        with connect(url, additional_headers=headers, compression=None) as socket:
            self.connections += 1
            for _ in range(count):
                told = json.loads(socket.recv(timeout=10))
                if told["type"] == "signal":
                    self.heard.append(told["data"]["ledger"]["seq"])
                self._since = told.get("seq", self._since)


def test_every_sealed_signal_is_heard_once_and_in_order(
    tickcast: RunningTickcast, stores: Stores
) -> None:
    def seal_all() -> None:
        for ago in range(SIGNALS, 0, -1):
            seal(stores, EURUSD, ago)
            time.sleep(0.05)

    reader, sealing = Reader(tickcast), threading.Thread(target=seal_all)
    sealing.start()
    reader.run(SIGNALS)
    sealing.join()

    print(f"\n{len(reader.heard)} signals heard over {reader.connections} connections, "
          f"the api killed {len(KILLED_AT)} times")  # fmt: skip
    assert reader.heard == list(range(1, SIGNALS + 1))
    assert reader.connections >= RECONNECTS
