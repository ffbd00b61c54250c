"""`tickcast ingest candles` sends the right values of every file, and says how it read it."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from client.cli import app
from tests.candle_sources import SOURCES, Source

STORED = {"inserted": 4, "rejected": []}


@pytest.fixture
def taking(server: Any) -> Any:
    """A server that takes one upload."""
    server.answers("POST", "/ingest/candles/file", server.answer({"task_id": "t1"}, 202))
    server.answers(
        "GET", "/tasks/t1/events", server.events(server.task("succeeded", result=STORED))
    )
    return server


def ingest(server: Any, path: Path, *options: str) -> Result:
    words = ["ingest", "candles", str(path), "--symbol", "S", "--resolution", "1h", *options]
    environment = {"TICKCAST_URL": server.url, "TICKCAST_API_KEY": "a-key"}
    return CliRunner().invoke(app, words, env=environment)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_a_file_of_a_source_is_sent_with_its_right_values(
    taking: Any, tmp_path: Path, source: Source
) -> None:
    path = tmp_path / source.name
    path.write_bytes(source.content)
    options = [part for name, value in source.options.items() for part in (f"--{name}", value)]

    shown = ingest(taking, path, *options)

    assert shown.exit_code == 0, shown.stderr
    assert "Recognised" in shown.stdout
    sent = list(csv.DictReader(io.StringIO(taking.asked[0].body.decode())))
    names = ("time", "open", "high", "low", "close", "volume")
    rows = sorted([float(row[name]) for name in names] for row in sent)
    assert rows == [[row[0] / 1_000 if row[0] > 1e11 else row[0], *row[1:]] for row in source.rows]
    counts = [int(float(row.get("trades", -1))) for row in sorted(sent, key=lambda r: r["time"])]
    assert counts == list(source.trades)


def test_a_guess_is_shown_with_a_preview_before_it_is_stored(taking: Any, tmp_path: Path) -> None:
    source = next(one for one in SOURCES if one.name == "coinbase.json")
    (tmp_path / source.name).write_bytes(source.content)

    shown = ingest(taking, tmp_path / source.name).stdout

    assert "Recognised coinbase (guessed from the values" in shown
    assert "time=1, open=4, high=3, low=2, close=5, volume=6" in shown
    assert shown.index("The first rows as they are read") < shown.index("Stored")


def test_a_dry_run_shows_what_was_recognised_and_sends_nothing(taking: Any, tmp_path: Path) -> None:
    source = next(one for one in SOURCES if one.name == "mt5_bars.csv")
    (tmp_path / source.name).write_bytes(source.content)

    shown = ingest(taking, tmp_path / source.name, "--dry-run", "--json")

    found = json.loads(shown.stdout)
    assert found["recognised"]["columns"]["volume"] == "<TICKVOL>"
    assert found["first"][0] == ["2024-06-15 00:00:00", 210.5, 214.25, 208.75, 212.0, 31.0, None]
    assert taking.asked == []


def test_rows_that_cannot_be_read_are_refused_or_reported_with_their_reason(
    taking: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time,open,high,low,close,volume\n1718409600,1,2,1,2,3\nsoon,1,2,1,2,3\n")

    refused = ingest(taking, path)
    assert refused.exit_code == 1
    assert "candles[1]: time is not a time" in refused.stderr
    assert taking.asked == []
