"""A live server forecasts each candle of a watched slot within seconds, into a ledger."""

import json
import sqlite3
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bench.running_tickcast import RunningTickcast
from tests.e2e.conftest import client_of, wait_for

GRACE_S = 6


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def test_an_outside_forecaster_is_taken_in_time_and_refused_and_counted_when_late(
    service: RunningTickcast, told: dict[str, Any]
) -> None:
    assert [item["state"] for item in told["items"]] == ["accepted", "late"]
    with client_of(service) as http:
        [row] = http.get("/scoreboard", params={"model": "external.mine"}).json()["rows"]
        assert (row["missed"], row["late"]) == (1, 1)


def test_a_candle_s_close_brings_a_forecast_in_time_and_the_next_its_outcome(
    service: RunningTickcast,
) -> None:
    with client_of(service) as http:

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
    service: RunningTickcast, told: dict[str, Any]
) -> None:
    with client_of(service) as http:

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


def test_a_row_changed_behind_the_server_s_back_is_found(service: RunningTickcast) -> None:
    with client_of(service) as http:
        wait_for(lambda: http.get("/ledger").json()["rows"], 120, "a forecast")
        with sqlite3.connect(service.data_dir / "tickcast.sqlite3", timeout=10) as database:
            with pytest.raises(sqlite3.IntegrityError):
                database.execute("UPDATE ledger SET predicted = 1 WHERE seq = 1")
            database.execute("DROP TRIGGER ledger_change")
            database.execute("UPDATE ledger SET predicted = 1 WHERE seq = 1")
        found = http.get("/ledger/verify").json()
        assert (found["ok"], found["first_bad"]) == (False, 1)
    command = [str(Path(sys.executable).with_name("tickcast")), "--url", service.url]
    told = subprocess.run(
        [*command, "--data-dir", str(service.data_dir), "verify", "--json"],
        capture_output=True,
        text=True,
    )
    assert told.returncode == 1
    assert json.loads(told.stdout)["first_bad"] == 1
