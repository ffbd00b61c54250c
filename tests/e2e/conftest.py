"""A live Tickcast for all tests of this folder, and an exchange for it to fetch from."""

import csv
import math
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import httpx
import pytest

from bench.running_tickcast import RunningTickcast, free_port
from tests.exchange_files import made_trades, write_trades

HOUR = 3_600
CANDLES = 20_000
FIRST = 1_640_995_200
# Hours at which this exchange had an outage: (first missing, how many).
OUTAGES = ((3_000, 5), (9_000, 1), (15_500, 40))
# What its feed plays from the moment that somebody listens.
LIVE_TRADES = made_trades(2_000, step_ms=5)
ADMIN_SECRET = "the admin secret of the session's server"
FAULTS = "429@0.1,500@0.05,drop@0.02,gap@0.01"

Row = tuple[int, float, float, float, float, float]


def wait_for(condition: Callable[[], object], patience: float = 60, what: str = "it") -> None:
    """Return when the condition holds; fail the test if it does not in time."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in time"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def exchange_rows() -> list[Row]:
    """Hourly candles of the made-up exchange, without those of its outages."""
    drawn = random.Random(7)
    missing = {first + n for first, count in OUTAGES for n in range(count)}
    rows, price = [], 30_000.0
    for hour in range(CANDLES):
        opening, price = price, round(price * math.exp(drawn.gauss(0, 0.005)), 2)
        high = round(max(opening, price) + drawn.uniform(0, 50), 2)
        low = round(min(opening, price) - drawn.uniform(0, 50), 2)
        if hour not in missing:
            volume = round(drawn.uniform(1, 900), 4)
            rows.append((FIRST + HOUR * hour, opening, high, low, price, volume))
    return rows


@pytest.fixture(scope="package")
def replay(exchange_rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a simulator that fails now and then, as exchanges do."""
    folder = tmp_path_factory.mktemp("exchange")
    for symbol in ("BTC-USD", "ETH-USD"):
        file = folder / "candles" / "coinbase" / symbol / "3600.csv"
        file.parent.mkdir(parents=True)
        with file.open("w", newline="") as output:
            writer = csv.writer(output)
            writer.writerow(["time", "open", "high", "low", "close", "volume"])
            writer.writerows(exchange_rows)
    write_trades(folder, "coinbase", "ETH-USD", LIVE_TRADES)
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "feeds.simulator", "--data", str(folder), "--port", str(port)),
            *("--fault", FAULTS, "--seed", "5"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: answers(port) or process.poll() is not None, what="the simulator's start")
    yield f"http://127.0.0.1:{port}"
    process.send_signal(signal.SIGTERM)
    process.wait(20)


@pytest.fixture(scope="package")
def stack(replay: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTickcast]:
    """Tickcast as `make run` starts it; do not kill what belongs to it, others need it."""
    folder = tmp_path_factory.mktemp("stack") / "data"
    settings = {"exchange_urls": f'{{"coinbase": "{replay}"}}', "admin_secret": ADMIN_SECRET}
    with RunningTickcast(folder, **settings) as tickcast:
        yield tickcast


@pytest.fixture
def http(stack: RunningTickcast) -> Iterator[httpx.Client]:
    """HTTP to the shared Tickcast, with its key."""
    with client_of(stack) as client:
        yield client


def client_of(tickcast: RunningTickcast) -> httpx.Client:
    """Return an HTTP client with the server's key."""
    headers = {"X-API-Key": tickcast.key}
    return httpx.Client(base_url=tickcast.url, headers=headers, timeout=30)


def ended_task(client: httpx.Client, task_id: str, patience: float = 180) -> dict[str, object]:
    """Return a task's body once it has ended; a server that restarts is waited for."""
    found: dict[str, object] = {}

    def ended() -> bool:
        try:
            found.update(client.get(f"/tasks/{task_id}").json())
        except httpx.TransportError:
            return False
        return found.get("state") in ("succeeded", "failed", "cancelled")

    wait_for(ended, patience, f"the end of {task_id} ({found})")
    return found


def stored_rows(client: httpx.Client, series: str) -> list[Row]:
    """Return all candles of `platform/symbol/resolution` in the form of the exchange's rows."""
    rows: list[Row] = []
    asked = {"limit": "10000", "format": "csv"}
    while True:
        answer = client.get(f"/candles/{series}", params=asked).raise_for_status()
        for line in answer.text.splitlines()[1:]:
            time_text, *values = line.split(",")[:6]
            opening = int(datetime.fromisoformat(time_text).timestamp())
            first, high, low, last, volume = map(float, values)
            rows.append((opening, first, high, low, last, volume))
        if not (cursor := answer.headers.get("X-Next-Cursor")):
            return rows
        asked["cursor"] = cursor


def answers(port: int) -> bool:
    """Say whether a simulator listens."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/time", timeout=2).status_code > 0
    except httpx.TransportError:
        return False
