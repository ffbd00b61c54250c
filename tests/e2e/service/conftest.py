"""A server that sells, offers signals to terminals, and forecasts a market of minutes.

What is forecast needs two minutes to come about: it begins with the server, and is
looked at last.
"""

import csv
import json
import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.running_tickcast import RunningTickcast, free_port
from tests.e2e.conftest import answers, client_of, ended_task, wait_for
from tests.e2e.service.metatrader_page import settings_of_page
from tests.payments import PRODUCT, SECRET
from tests.smtp_servers import Inbox, smtp_server

ADMIN_SECRET = "the admin secret of a server that sells"
SLOT = {"symbol": "BTC-USD", "resolution": "1m", "model": "ewma"}


@pytest.fixture(scope="package")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An exchange whose candles of one minute go on now."""
    folder = tmp_path_factory.mktemp("minutes")
    file = folder / "candles" / "coinbase" / "BTC-USD" / "60.csv"
    file.parent.mkdir(parents=True)
    drawn, price = random.Random(3), 30_000.0
    with file.open("w", newline="") as output:
        writer = csv.writer(output)
        writer.writerow(["time", "open", "high", "low", "close", "volume"])
        for n in range(1_440):
            first, price = price, round(price * math.exp(drawn.gauss(0, 5e-4)), 2)
            high, low = max(first, price) + 5, min(first, price) - 5
            writer.writerow([1_640_995_200 + 60 * n, first, high, low, price, n % 9 + 1])
    port = free_port()
    command = [sys.executable, "-m", "feeds.simulator", "--data", str(folder), "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--shift-to-now"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: answers(port) or process.poll() is not None, what="the exchange's start")
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="package")
def inbox() -> Inbox:
    """What the mail server takes."""
    return Inbox()


@pytest.fixture(scope="package")
def service(
    exchange: str, inbox: Inbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningTickcast]:
    """The server, with a champion for a watched slot."""
    with smtp_server(inbox) as mail:
        settings = settings_of_page() | {
            "exchange_urls": json.dumps({"coinbase": exchange}),
            "eduzz_secrets": SECRET,
            "eduzz_products": json.dumps({PRODUCT: {"plan": "pro"}}),
            "admin_secret": ADMIN_SECRET,
            "smtp_url": f"smtp://{mail.host}:{mail.port}",
            "mail_from": "signals@example.com",
            "public_url": "https://signals.example.com",
        }
        folder = tmp_path_factory.mktemp("service") / "var"
        with RunningTickcast(folder, **settings) as tickcast:
            _watch_a_champion(tickcast)
            yield tickcast


@pytest.fixture(scope="package", autouse=True)
def told(service: RunningTickcast) -> dict[str, Any]:
    """What the server said to a forecaster who had a key for nothing but his forecasts."""
    command = [str(Path(sys.executable).with_name("tickcast")), "keys", "create", "mine"]
    environment = os.environ | {"TICKCAST_DATA_DIR": str(service.data_dir)}
    key = subprocess.run(
        [*command, "--scope", "forecast:mine"], env=environment, capture_output=True, text=True
    ).stdout.strip()
    opening = int(time.time()) // 60 * 60
    item = {"platform": "coinbase", "symbol": "BTC-USD", "resolution": "1m", "predicted": 30_000}
    # Of the candle to come in time, and of the one before this a second and more too late.
    items = [item | {"opening": opening + 60 * n} for n in (1, -1)]
    with httpx.Client(base_url=service.url, headers={"X-API-Key": key}) as http:
        assert http.get("/ledger").status_code == 403
        answer = http.post("/ledger/forecasts", json={"forecaster": "mine", "forecasts": items})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _watch_a_champion(tickcast: RunningTickcast) -> None:
    with client_of(tickcast) as http:
        now = int(time.time())
        fetch = {"symbol": "BTC-USD", "resolution": "1m", "start": now - 36_000, "end": now}
        _done(http, "/ingest/kline/coinbase", fetch)
        assert _done(http, "/slots/train", SLOT | {"folds": 2})["promoted"]
        watch = {"platform": "coinbase", "symbol": "BTC-USD", "resolution": "1m"}
        assert http.post("/watch", json=watch).status_code == 201


def _done(http: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = http.post(path, json=body)
    assert answer.status_code == 202, answer.text
    task = ended_task(http, answer.json()["task_id"])
    assert task["state"] == "succeeded", task
    result = task["result"]
    assert isinstance(result, dict)
    return result
