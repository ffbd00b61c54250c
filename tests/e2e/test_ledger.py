"""A live server forecasts each candle of a watched slot within seconds, into a ledger."""

import csv
import json
import math
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.running_tickcast import RunningTickcast, free_port
from tests.e2e.conftest import _answers, client_of, ended_task, wait_for

SLOT = {"symbol": "BTC-USD", "resolution": "1m", "model": "ewma"}
GRACE_S = 6


@pytest.fixture(scope="module")
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
    wait_for(lambda: _answers(port) or process.poll() is not None, what="the exchange's start")
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="module")
def live(exchange: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTickcast]:
    """A server of this module alone, with a champion for a watched slot."""
    folder = tmp_path_factory.mktemp("live") / "data"
    urls = json.dumps({"coinbase": exchange})
    with RunningTickcast(folder, exchange_urls=urls) as tickcast, client_of(tickcast) as http:
        now = int(time.time())
        fetch = {"symbol": "BTC-USD", "resolution": "1m", "start": now - 36_000, "end": now}
        _done(http, "/ingest/kline/coinbase", fetch)
        assert _done(http, "/slots/train", SLOT | {"folds": 2})["promoted"]
        watch = {"platform": "coinbase", "symbol": "BTC-USD", "resolution": "1m"}
        assert http.post("/watch", json=watch).status_code == 201
        yield tickcast


@pytest.fixture(scope="module")
def told(live: RunningTickcast) -> dict[str, Any]:
    """What the server said to a forecaster who had a key for nothing but his forecasts."""
    command = [str(Path(sys.executable).with_name("tickcast")), "keys", "create", "mine"]
    environment = os.environ | {"TICKCAST_DATA_DIR": str(live.data_dir)}
    key = subprocess.run(
        [*command, "--scope", "forecast:mine"], env=environment, capture_output=True, text=True
    ).stdout.strip()
    opening = int(time.time()) // 60 * 60
    item = {"platform": "coinbase", "symbol": "BTC-USD", "resolution": "1m", "predicted": 30_000}
    # Of the candle to come in time, and of the one before this a second and more too late.
    items = [item | {"opening": opening + 60 * n} for n in (1, -1)]
    with httpx.Client(base_url=live.url, headers={"X-API-Key": key}) as http:
        assert http.get("/ledger").status_code == 403
        answer = http.post("/ledger/forecasts", json={"forecaster": "mine", "forecasts": items})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _done(http: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = http.post(path, json=body)
    assert answer.status_code == 202, answer.text
    task = ended_task(http, answer.json()["task_id"])
    assert task["state"] == "succeeded", task
    result = task["result"]
    assert isinstance(result, dict)
    return result


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def test_an_outside_forecaster_is_taken_in_time_and_refused_and_counted_when_late(
    live: RunningTickcast, told: dict[str, Any]
) -> None:
    assert [item["state"] for item in told["items"]] == ["accepted", "late"]
    with client_of(live) as http:
        [row] = http.get("/scoreboard", params={"model": "external.mine"}).json()["rows"]
        assert (row["missed"], row["late"]) == (1, 1)


def test_a_candle_s_close_brings_a_forecast_in_time_and_the_next_its_outcome(
    live: RunningTickcast,
) -> None:
    with client_of(live) as http:

        def judged() -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = http.get("/ledger").json()["rows"]
            return [row for row in rows if row["realised"] is not None]

        wait_for(judged, 200, "an outcome")
        first = judged()[-1]
        assert -60 < _seconds(first["made_at"]) - _seconds(first["first_opening"]) <= GRACE_S
        assert first["error"] == pytest.approx(first["realised"] - first["predicted"])
        board = http.get("/scoreboard").json()["rows"][0]
        assert (board["model"], board["verdict"]) == ("ewma", "unproven")
        assert http.get("/ledger/verify").json()["ok"]


def test_what_an_outside_forecaster_said_is_scored_like_ours(
    live: RunningTickcast, told: dict[str, Any]
) -> None:
    with client_of(live) as http:

        def record() -> dict[str, Any]:
            found: dict[str, Any] = http.get("/forecasters/mine").json()
            return found

        wait_for(lambda: record()["n"] == 1, 200, "his outcome")
        [row] = http.get("/ledger", params={"model": "external.mine"}).json()["rows"]
        assert row["error"] == pytest.approx(row["realised"] - 30_000)
        # He spoke before the candle before his had closed: its close is what last price says.
        assert row["later_price"] is not None
        assert row["baseline_error"] == pytest.approx(row["realised"] - row["later_price"])
        assert (record()["late"], record()["targets"][0]["verdict"]) == (1, "unproven")


def test_a_row_changed_behind_the_server_s_back_is_found(live: RunningTickcast) -> None:
    with client_of(live) as http:
        wait_for(lambda: http.get("/ledger").json()["rows"], 120, "a forecast")
        with sqlite3.connect(live.data_dir / "tickcast.sqlite3", timeout=10) as database:
            with pytest.raises(sqlite3.IntegrityError):
                database.execute("UPDATE ledger SET predicted = 1 WHERE seq = 1")
            database.execute("DROP TRIGGER ledger_change")
            database.execute("UPDATE ledger SET predicted = 1 WHERE seq = 1")
        found = http.get("/ledger/verify").json()
        assert (found["ok"], found["first_bad"]) == (False, 1)
    command = [str(Path(sys.executable).with_name("tickcast")), "--url", live.url]
    told = subprocess.run(
        [*command, "--data-dir", str(live.data_dir), "verify", "--json"],
        capture_output=True,
        text=True,
    )
    assert told.returncode == 1
    assert json.loads(told.stdout)["first_bad"] == 1
