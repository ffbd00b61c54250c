import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from client.arrow import frame_batches
from client.cli import app
from client.frames import Candle, candle_frame
from core.columnar.tables import CANDLE_FIELDS, END_OF_STREAM, stream_head, stream_message
from feeds.candle_files import read_candle_file

STEP = {
    "time": "2025-01-01T01:00:00Z",
    "horizon": 1,
    "predicted": 1.1,
    "interval": {"0.8": [1.0, 1.2], "0.95": [0.9, 1.3]},
}
ORIGIN = {
    "baseline": {"last_price": 1.05, "drift": 1.06},
    "skill": {"value": 0.01, "low": -0.1, "high": 0.1, "verdict": "unproven"},
    "model": {"name": "fx", "id": "1"},
    "input": {"last_time": "2025-01-01T00:00:00Z", "gaps": 0, "partial": False},
}
CANDLE = {"time": "2025-01-01T00:00:00Z", "open": 1, "high": 2, "low": 1, "close": 2,
          "volume": 3, "trades": None, "flags": []}  # fmt: skip


class Command:
    """Runs `tickcast` against the fake server, with a key in the environment."""

    def __init__(self, server: Any) -> None:
        self._environment = {"TICKCAST_URL": server.url, "TICKCAST_API_KEY": "a-key"}

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(app, words, env=self._environment)


@pytest.fixture
def tickcast(server: Any) -> Command:
    return Command(server)


def test_an_error_of_the_server_is_one_sentence_and_exit_code_1(
    server: Any, tickcast: Command
) -> None:
    server.answers("GET", "/tasks/t1", server.error(404, "not_found", "There is no task t1."))

    result = tickcast("tasks", "show", "t1")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "Error: There is no task t1.", "Request req-1 in the server's log.",
    ]  # fmt: skip


def test_an_error_is_json_for_a_program(server: Any, tickcast: Command) -> None:
    server.answers("GET", "/tasks/t1", server.error(404, "not_found", "There is no task t1."))

    result = tickcast("tasks", "show", "t1", "--json")

    assert json.loads(result.stderr) == {
        "error": "not_found", "detail": "There is no task t1.", "request_id": "req-1",
    }  # fmt: skip


def test_a_server_that_is_away_is_exit_code_3() -> None:
    environment = {"TICKCAST_URL": "http://127.0.0.1:9", "TICKCAST_API_KEY": "a-key"}

    result = CliRunner().invoke(app, ["models"], env=environment)

    assert result.exit_code == 3
    assert "make run" in result.stderr


def test_a_wrong_setting_is_a_sentence_and_no_traceback() -> None:
    result = CliRunner().invoke(app, ["models"], env={"TICKCAST_PORT": "many"})

    assert result.exit_code == 1
    assert "TICKCAST_PORT" in result.stderr
    assert "Traceback" not in result.stderr


def test_wrong_usage_is_exit_code_2(tickcast: Command) -> None:
    assert tickcast("ingest", "kline", "coinbase", "BTC-USD", "1h").exit_code == 2
    assert tickcast("train", "fx").exit_code == 2
    assert tickcast("nonsense").exit_code == 2


@pytest.mark.parametrize(("state", "code"), [("healthy", 0), ("degraded", 3)])
def test_status_shows_every_part_and_its_exit_code_says_whether_all_is_well(
    server: Any, tickcast: Command, state: str, code: int
) -> None:
    health = {"status": state, "parts": {"api": "ready", "redis": "ready"}, "version": "0.1.0"}
    server.answers("GET", "/health", server.answer(health, 200 if code == 0 else 503))

    result = tickcast("status")

    assert result.exit_code == code
    assert "redis" in result.stdout


def test_names_are_printed_as_they_are_and_never_as_markup(server: Any, tickcast: Command) -> None:
    detail = "candles[0] of coinbase:X:3600 is [bold]bad[/bold]."
    server.answers("GET", "/tasks/t1", server.error(422, "invalid_request", detail))

    assert detail in tickcast("tasks", "show", "t1").stderr


def test_no_text_of_the_server_steers_the_terminal(server: Any, tickcast: Command) -> None:
    hostile = "\x1b[2J\x07\r\x9b31m\u202e"
    server.answers("GET", "/tasks/t1", server.error(422, "invalid_request", f"a{hostile}b"))
    server.answers("GET", "/lstm/models", {"models": [{"model_name": hostile}]})

    said = tickcast("tasks", "show", "t1").stderr
    listed = tickcast("models", "--json").stdout

    assert "a\\u001b[2J\\u0007\\u000d\\u009b31m\\u202eb" in said
    assert not set(hostile[:1] + hostile[4:5] + hostile[-1:]) & set(listed)


def test_the_candles_of_a_file_are_stored_and_bad_rows_shown(
    server: Any, tickcast: Command, tmp_path: Path
) -> None:
    file = tmp_path / "candles.csv"
    file.write_text("time,open,high,low,close,volume\n1735689600,1,2,1,2,3\n1735693200,1,0,1,2,3\n")
    result = {"inserted": 1, "rejected": [{"index": 1, "reason": "high is below low"}]}
    server.answers("POST", "/ingest/candles/file", server.answer({"task_id": "t1"}, 202))
    server.answers(
        "GET", "/tasks/t1/events", server.events(server.task("succeeded", result=result))
    )

    shown = tickcast("ingest", "candles", str(file), "--symbol", "EURUSD", "--resolution", "1h",
                     "--skip-bad-rows")  # fmt: skip

    assert shown.exit_code == 0
    assert "high is below low" in shown.stdout
    assert server.asked[0].body.splitlines()[1] == b"1735689600,1.0,2.0,1.0,2.0,3.0"


def test_a_file_without_a_time_is_refused_before_anything_is_sent(
    server: Any, tickcast: Command, tmp_path: Path
) -> None:
    (tmp_path / "candles.csv").write_text("open,high,low,close,volume\n1,2,1,2,3\n")

    result = tickcast("ingest", "candles", str(tmp_path / "candles.csv"), "--symbol", "X",
                      "--resolution", "1h")  # fmt: skip

    assert result.exit_code == 1
    assert "column time" in result.stderr
    assert server.asked == []


def test_candles_are_shown_as_a_table_csv_or_json(server: Any, tickcast: Command) -> None:
    page = {"candles": [CANDLE], "next_cursor": None}
    server.answers("GET", "/candles/file/EURUSD/1h", server.answer(page))
    words = ("candles", "file", "EURUSD", "1h", "--limit", "5")

    table, csv, data = tickcast(*words), tickcast(*words, "--csv"), tickcast(*words, "--json")

    assert "2025-01-01 00:00:00" in table.stdout
    assert csv.stdout.splitlines()[1].startswith("2025-01-01T00:00:00Z,1.0,2.0,1.0,2.0,3.0")
    assert json.loads(data.stdout)[0]["close"] == 2.0


def test_all_candles_are_printed_as_csv_and_written_to_a_file(
    server: Any, tickcast: Command, tmp_path: Path
) -> None:
    [batch] = frame_batches(candle_frame([msgspec.convert(CANDLE, Candle)]))
    body = stream_head(CANDLE_FIELDS) + stream_message(CANDLE_FIELDS, batch) + END_OF_STREAM
    server.answers("GET", "/candles/file/EURUSD/1h", server.answer(body))
    words = ("candles", "file", "EURUSD", "1h")

    csv = tickcast(*words, "--csv")
    written = tickcast(*words, "--out", str(tmp_path / "e.parquet"))
    refused = tickcast(*words, "--out", str(tmp_path / "e.xlsx"))

    assert csv.stdout.splitlines()[1].startswith("2025-01-01T00:00:00Z,1.0,2.0,1.0,2.0,3.0")
    assert written.exit_code == 0
    assert read_candle_file(tmp_path / "e.parquet").rows[0][1:6] == [1.0, 2.0, 1.0, 2.0, 3.0]
    assert (refused.exit_code, ".parquet" in refused.stderr) == (1, True)
    assert [asked.query for asked in server.asked] == [{"format": "arrow"}] * 2


def test_a_forecast_now_is_told_with_its_age_and_verdict(server: Any, tickcast: Command) -> None:
    one = {**STEP, "prob_up": 0.4, "baseline": {"last_price": 1.05, "low": 1.0, "high": 1.1},
           "skill": ORIGIN["skill"], "verdict": "unproven",
           "spoken_by": {"run_id": "r", "champion": False}}  # fmt: skip
    made = {"platform": "file", "symbol": "EURUSD", "resolution": 3_600, "model": "boosting",
            "forecasts": [one], "verdict": "unproven", "skill": ORIGIN["skill"],
            "as_of": "2025-01-01T01:00:00Z", "age": 90, "stale": True, "closed": False,
            "thin": False}  # fmt: skip
    server.answers("POST", "/forecast", server.answer(made))

    shown = tickcast("forecast", "file", "EURUSD", "1h", "--horizon", "1", "--train")
    csv = tickcast("forecast", "file", "EURUSD", "1h", "--csv")

    assert "Stale" in shown.stdout
    assert "unproven" in shown.stdout
    assert csv.stdout.splitlines()[0].startswith("time,horizon,predicted,low_80,high_80")
    assert json.loads(server.asked[0].body)["train"] is True


def test_a_series_is_deleted_after_what_hangs_on_it_was_told(
    server: Any, tickcast: Command
) -> None:
    one = {"platform": "file", "symbol": "S", "resolution": 3_600, "rows": 7, "holes": 0,
           "first": CANDLE["time"], "last": CANDLE["time"], "missing": 0, "flags": {"gap": 2},
           "stale": True, "champions": 1, "ledger_rows": 5}  # fmt: skip
    told = {"dry_run": True, "id": None, "until": None, "series": [one], "kept": "Models stay."}
    done = told | {"dry_run": False, "id": "a1", "until": CANDLE["time"]}
    server.answers("DELETE", "/candles/file/S", server.answer(told), server.answer(done))
    server.answers("GET", "/candles/file/S", server.answer({"series": [one]}))

    assert "gap 2" in tickcast("series", "describe", "file", "S").stdout
    refused = tickcast("series", "delete", "file", "S")
    assert refused.exit_code == 1
    assert "Models stay." in refused.stdout
    assert "undo a1" in tickcast("series", "delete", "file", "S", "--yes").stdout


def test_a_training_shows_errors_beside_last_price_and_the_verdict_in_words(
    server: Any, tickcast: Command
) -> None:
    scores = {"mae": 0.9, "skill": {"value": 0.1, "low": 0.05, "high": 0.2},
              "coverage": {"0.8": 0.8, "0.95": 0.95}}  # fmt: skip
    part = {"scores": scores, "baseline_scores": scores | {"mae": 1.0}, "verdict": "skilled"}
    result = part | {"by_horizon": [part | {"horizon": 1}]}
    server.answers("POST", "/lstm/train", server.answer({"task_id": "t1"}, 202))
    server.answers("GET", "/tasks/t1", server.task_answer("succeeded", result=result))

    shown = tickcast("train", "fx", "1", "--symbol", "EURUSD", "--resolution", "1h", "--seed", "1")

    assert shown.exit_code == 0
    assert "10.00% smaller than last price's" in shown.stdout
    assert json.loads(server.asked[0].body)["seed"] == 1


def test_a_failed_training_is_exit_code_1_with_the_reason(server: Any, tickcast: Command) -> None:
    reason = {"type": "invalid_request", "detail": "Needs 200 candles, 10 are held."}
    server.answers("POST", "/lstm/train", server.answer({"task_id": "t1"}, 202))
    server.answers("GET", "/tasks/t1", server.task_answer("failed", error=reason))

    result = tickcast("train", "fx", "1", "--symbol", "EURUSD", "--resolution", "1h")

    assert result.exit_code == 1
    assert "Needs 200 candles, 10 are held." in result.stderr


def test_one_step_or_the_whole_path_is_forecast(server: Any, tickcast: Command) -> None:
    server.answers("POST", "/lstm/predict", server.answer(STEP | ORIGIN))
    path = ORIGIN | {"predictions": [STEP, STEP | {"horizon": 2}]}
    server.answers("POST", "/lstm/predictnsteps", server.answer(path))

    one, many = tickcast("predict", "fx", "1"), tickcast("predict", "fx", "1", "--nsteps", "0")
    data = tickcast("predict", "fx", "1", "--nsteps", "2", "--json")

    assert "1.00000 .. 1.20000" in one.stdout
    assert "treat last price as the forecast" in many.stdout
    assert [step["horizon"] for step in json.loads(data.stdout)["predictions"]] == [1, 2]
    assert json.loads(server.asked[1].body) == {"model_name": "fx", "model_id": "1"}
    assert json.loads(server.asked[2].body)["nsteps"] == 2


def test_lists_are_shown_without_a_subcommand(server: Any, tickcast: Command) -> None:
    watch = {"platform": "coinbase", "symbol": "BTC-USD", "resolution": 3600}
    model = {"name": "fx", "id": "1", "symbol": "EURUSD", "resolution": 3600}
    server.answers("GET", "/watch", server.answer({"watches": [watch]}))
    server.answers("GET", "/lstm/models", server.answer({"models": [model]}))
    server.answers(
        "GET", "/tasks", server.answer({"tasks": [server.task("running", 3)], "total": 9})
    )

    assert "BTC-USD" in tickcast("watch").stdout
    assert "EURUSD" in tickcast("models").stdout
    assert "3/10 epochs" in tickcast("tasks").stdout


def test_a_model_is_deleted_only_after_a_yes(server: Any, tickcast: Command) -> None:
    server.answers("DELETE", "/lstm/models/fx/1", server.answer(b"", 204))

    assert tickcast("models", "delete", "fx", "1").exit_code == 1
    assert server.asked == []
    assert tickcast("models", "delete", "fx", "1", "--yes").exit_code == 0


def test_no_two_commands_have_the_same_name() -> None:
    from operate.cli import app as whole

    def names(app: Any) -> list[str]:
        own = [one.name or one.callback.__name__ for one in app.registered_commands]
        return own + [group.name for group in app.registered_groups]

    groups = [whole, *(group.typer_instance for group in whole.registered_groups)]
    for group in groups:
        assert len(names(group)) == len(set(names(group)))


def test_the_walk_through_the_past_is_a_command_of_its_own(server: Any, tickcast: Command) -> None:
    server.answers("POST", "/replay/walk", server.answer({"task_id": "t1"}, 202))
    server.answers("GET", "/tasks/t1", server.task_answer("queued"))

    shown = tickcast("walk", "coinbase", "BTC-USD", "1h", "--no-wait", "--json")

    assert shown.exit_code == 0
    assert json.loads(server.asked[0].body)["symbol"] == "BTC-USD"


def test_the_series_that_are_held_are_listed(server: Any, tickcast: Command) -> None:
    held = {"platform": "file", "symbol": "EURUSD", "resolution": 3600, "count": 1234,
            "first": "2025-01-01T00:00:00Z", "last": "2025-03-01T00:00:00Z", "traded": False,
            "grid": "00:00@UTC", "zone": None, "as_of": "2025-03-01T01:00:00Z",
            "age": 212 * 86_400, "stale": True}  # fmt: skip
    server.answers("GET", "/candles", server.answer({"series": [held]}))

    shown, told = tickcast("list"), tickcast("list", "--json")

    for part in ("EURUSD", "1h", "1,234", "2025-03-01 00:00:00", "212 d", "stale"):
        assert part in shown.stdout
    assert json.loads(told.stdout) == [held]


def test_the_version_is_that_of_the_package(tickcast: Command) -> None:
    assert tickcast("--version").stdout == f"tickcast {version('tickcast')}\n"
