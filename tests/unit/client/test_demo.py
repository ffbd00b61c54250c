import json
import sys
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from client import sample_data
from client.demo import app

STEP = {
    "time": "2018-01-01T22:00:00Z",
    "horizon": 1,
    "predicted": 1.2,
    "interval": {"0.8": [1.1, 1.3], "0.95": [1.0, 1.4]},
}
ORIGIN = {
    "baseline": {"last_price": 1.2, "drift": 1.2},
    "skill": {"value": -0.01, "low": -0.02, "high": 0.0, "verdict": "no_skill"},
    "model": {"name": "demo", "id": "1"},
    "input": {"last_time": "2017-12-29T21:00:00Z", "gaps": 0, "partial": False},
}
SCORES = {"mae": 0.001, "skill": ORIGIN["skill"], "coverage": {"0.8": 0.8, "0.95": 0.95}}
PART = {"scores": SCORES, "baseline_scores": SCORES, "verdict": "no_skill"}

WATCHED = {"platform": "file", "symbol": "EURUSD", "resolution": 3_600}


def _run(server: Any, *words: str) -> Result:
    """Run the demo against a server on which everything succeeds."""
    queued = server.answer({"task_id": "t1"}, 202)
    result = PART | {"by_horizon": [PART | {"horizon": n} for n in (1, 2)], "inserted": 6225}
    for path in ("/ingest/candles/file", "/ingest/kline/coinbase", "/lstm/train"):
        server.answers("POST", path, queued)
    server.answers("GET", "/tasks/t1", server.task_answer("succeeded", result=result))
    server.answers(
        "GET", "/tasks/t1/events", server.events(server.task("succeeded", result=result))
    )
    server.answers("POST", "/lstm/predict", server.answer(STEP | ORIGIN))
    steps = [STEP, STEP | {"horizon": 2}]
    server.answers("POST", "/lstm/predictnsteps", server.answer(ORIGIN | {"predictions": steps}))
    server.answers("POST", "/watch", server.answer(WATCHED, 201))
    environment = {"TICKCAST_URL": server.url, "TICKCAST_API_KEY": "a-key"}
    return CliRunner().invoke(app, [*words, "--nsteps", "2"], env=environment)


def test_the_sample_is_a_year_of_hourly_candles_that_loads_no_learning_environment() -> None:
    rows = sample_data.eurusd_hourly()

    assert len(rows) == 6225
    assert rows[0] == [1483308000, 1.05236, 1.05253, 1.05221, 1.05227, 143539993.3]
    assert all(row[0] % 3600 == 0 for row in rows)
    assert "gymnasium" not in sys.modules


def test_a_missing_sample_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_data, "find_spec", lambda name: None)

    with pytest.raises(sample_data.SampleMissing, match=r"tickcast\[demo\]"):
        sample_data.eurusd_hourly()


def test_the_demo_loads_the_sample_and_tells_what_the_forecast_is_worth(server: Any) -> None:
    result = _run(server)

    assert result.exit_code == 0, result.output
    assert "6,225 candles are new" in result.stdout
    assert "it forecasts no better than last price" in result.stdout
    (watched,) = [asked.body for asked in server.asked if asked.path == "/watch"]
    assert json.loads(watched)["platform"] == "file"


def test_the_demo_of_an_exchange_fetches_and_watches(server: Any) -> None:
    result = _run(server, "--platform", "coinbase")

    bodies = {asked.path: asked.body for asked in server.asked if asked.method == "POST"}
    assert result.exit_code == 0, result.output
    assert "on the watch-list" in result.stdout
    assert json.loads(bodies["/watch"]) == {
        "platform": "coinbase", "symbol": "BTC-USD", "resolution": "1h",
    }  # fmt: skip
    assert json.loads(bodies["/lstm/train"])["symbol"] == "BTC-USD"


def test_the_demo_without_a_server_says_so() -> None:
    environment = {"TICKCAST_URL": "http://127.0.0.1:9", "TICKCAST_API_KEY": "a-key"}

    result = CliRunner().invoke(app, [], env=environment)

    assert result.exit_code == 3
    assert "make run" in result.stderr
