"""Forecasts of one's own model: what is sent of a frame or a file, and what is told of it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from client import BadFrame, Tickcast
from client.cli import app

ROUTE = ("POST", "/ledger/forecasts")
MARKET = {"platform": "file", "symbol": "EURUSD", "resolution": "1h"}


def told(count: int, **more: Any) -> dict[str, Any]:
    """Return an answer about forecasts that were all accepted, or what `more` says."""
    items = [{"index": n, "state": "accepted", "seq": n + 1, "reason": None} for n in range(count)]
    return {"forecaster": "mine", "ledger": "live", "accepted": count, "late": 0,
            "refused": [], "repeated": 0, "items": items} | more  # fmt: skip


def test_a_frame_is_sent_with_what_it_says_and_without_what_it_does_not(server: Any) -> None:
    server.answers(*ROUTE, server.answer(told(2)))
    frame = pd.DataFrame(
        {
            "predicted": [1.1, 1.2],
            "low_80": [1.0, np.nan],
            "high_80": [1.3, np.nan],
            "0.025": [0.9, np.nan],
            "0.975": [1.4, np.nan],
            "prob_up": [np.nan, 0.6],
        },
        index=pd.date_range("2026-01-05", periods=2, freq="h", name="opening"),
    )
    with Tickcast(server.url, "key", progress=False) as tickcast:
        assert tickcast.submit("mine", frame, horizon=3, **MARKET)["accepted"] == 2
    sent = json.loads(server.asked[-1].body)
    first, second = sent["forecasts"]
    assert (sent["forecaster"], sent["ledger"]) == ("mine", "live")
    assert first == MARKET | {
        "opening": "2026-01-05T00:00:00Z", "horizon": 3, "predicted": 1.1,
        "intervals": {"0.8": [1.0, 1.3]}, "quantiles": {"0.025": 0.9, "0.975": 1.4},
    }  # fmt: skip
    assert second == MARKET | {
        "opening": "2026-01-05T01:00:00Z", "horizon": 3, "predicted": 1.2, "prob_up": 0.6,
    }  # fmt: skip


def test_more_than_a_thousand_go_in_parts_whose_answers_become_one(server: Any) -> None:
    late = told(2, accepted=1, late=0, refused=[{"index": 1, "reason": "x"}])
    server.answers(*ROUTE, server.answer(told(1_000)), server.answer(late))
    rows = [MARKET | {"opening": 3_600 * n, "predicted": 1.0} for n in range(1_002)]
    with Tickcast(server.url, "key", progress=False) as tickcast:
        found = tickcast.submit("mine", rows, ledger="walk.mine")
    assert [len(json.loads(one.body)["forecasts"]) for one in server.asked] == [1_000, 2]
    assert (found["accepted"], found["refused"]) == (1_001, [{"index": 1_001, "reason": "x"}])
    assert [one["index"] for one in found["items"]] == list(range(1_002))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"opening": 0, "predicted": "high"}, "predicted is no number"),
        ({"opening": 0, "predicted": 1, "low_80": 1}, "belong together"),
        ({"opening": 0, "predicted": 1, "guess": 1}, "guess is no field"),
        ({"predicted": 1}, "names no opening"),
    ],
)
def test_a_row_that_has_no_meaning_is_refused_before_anything_is_sent(
    server: Any, row: dict[str, Any], said: str
) -> None:
    with Tickcast(server.url, "key", progress=False) as tickcast, pytest.raises(BadFrame) as raised:
        tickcast.submit("mine", [MARKET | row])
    assert said in str(raised.value)
    assert server.asked == []


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_the_command_reads_both_forms_and_fails_unless_all_were_accepted(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("TICKCAST_API_KEY", "key")
    monkeypatch.setenv("TICKCAST_URL", server.url)
    file = tmp_path / f"mine.{form}"
    rows = [{"opening": "2026-01-05T00:00:00Z", "symbol": "EURUSD", "predicted": 1.1}]
    file.write_text(
        "opening,symbol,predicted,prob_up\n2026-01-05T00:00:00Z,EURUSD,1.1,\n"
        if form == "csv"
        else "\n".join(map(json.dumps, rows)) + "\n\n"
    )
    refused = told(1, accepted=0, late=1, items=[])
    server.answers(*ROUTE, server.answer(told(1)), server.answer(refused))
    command = ["submit", str(file), "--forecaster", "mine", "--platform", "file",
               "--resolution", "1h"]  # fmt: skip
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "1 entered, 0 there before, 0 late, 0 refused" in done.output
    sent = json.loads(server.asked[-1].body)["forecasts"]
    assert sent == [MARKET | {"opening": "2026-01-05T00:00:00Z", "horizon": 1, "predicted": 1.1}]
    again = CliRunner().invoke(app, [*command, "--json"])
    assert (again.exit_code, json.loads(again.output)["late"]) == (1, 1)
