"""Small rules of `make run`: addresses, environments, output that nobody reads."""

import io
import json
import os
from pathlib import Path

import pytest

from core.settings import Settings
from operate.data_folder import DataFolderInUse, empty_metrics_folder, locked_data_folder
from operate.log_lines import readable
from operate.output import Output
from operate.procfile import child_environment, child_processes, read_commands
from operate.readiness import base_url


def settings_with(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("localhost", "http://localhost:8000"),
        ("192.168.1.5", "http://192.168.1.5:8000"),
    ],
)
def test_the_printed_address_is_one_that_a_browser_here_can_open(host: str, address: str) -> None:
    assert base_url(settings_with(host=host)) == address


def test_every_process_gets_the_same_host_port_and_absolute_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = child_environment(settings_with(port=8123, data_dir="here"))
    assert environment["TICKCAST_PORT"] == "8123"
    assert environment["TICKCAST_DATA_DIR"] == str(tmp_path / "here")
    assert environment["PROMETHEUS_MULTIPROC_DIR"] == str(
        settings_with(data_dir=tmp_path / "here").metrics_dir
    )


def test_redis_is_run_only_where_no_other_is_named() -> None:
    commands = read_commands()
    own = child_processes(commands, settings_with())
    other = child_processes(commands, settings_with(redis_url="redis://elsewhere"))
    assert [process.name for process in own] == list(commands)
    assert [process.name for process in other] == [name for name in commands if name != "redis"]


def test_the_counters_of_an_earlier_run_are_gone(tmp_path: Path) -> None:
    settings = settings_with(data_dir=tmp_path)
    (empty_metrics_folder(settings) / "counter_1.db").write_text("old")
    assert list(empty_metrics_folder(settings).iterdir()) == []


def test_the_lock_is_free_again_after_use(tmp_path: Path) -> None:
    settings = settings_with(data_dir=tmp_path / "data")
    second = locked_data_folder(settings)
    with locked_data_folder(settings), pytest.raises(DataFolderInUse, match="already runs"):
        second.__enter__()
    with locked_data_folder(settings):
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_lines_carry_the_name_of_their_process() -> None:
    stream = io.StringIO()
    Output(width=7, stream=stream).line("api", None, "hello")
    assert stream.getvalue().endswith(" api     | hello\n")


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("plain", ["plain"]),
        ("", [""]),
        ('{"no": "event"}', ['{"no": "event"}']),
        ("{not json", ["{not json"]),
        (
            '{"method":"GET","status":200,"event":"request","level":"info","timestamp":"now"}',
            ["INFO request method=GET status=200"],
        ),
        (
            '{"event":"fault","level":"error","logger":"api","exception":"Traceback:\\n  E"}',
            ["ERROR api: fault", "  Traceback:", "    E"],
        ),
    ],
)
def test_what_is_written_as_json_is_shown_as_words(printed: str, shown: list[str]) -> None:
    assert readable(printed) == shown


def test_nobody_can_forge_a_line_or_steer_the_terminal() -> None:
    hostile = "/x\r\nINFO api: forged\x1b[2J\x07\x00\x9b31m\u202e"
    written = {"event": hostile, "path": hostile, "exception": f"Traceback:\nE: {hostile}"}
    for line in (json.dumps(written), json.dumps(written, ensure_ascii=False), hostile):
        for shown in readable(line):
            assert shown.isprintable()
            assert not shown.startswith("INFO api: forged")


def test_lines_that_would_block_are_dropped_and_counted() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    with os.fdopen(writer, "w") as stream, os.fdopen(reader, "rb") as read:
        output = Output(width=3, stream=stream)
        for _ in range(1_000):
            output.line("api", None, "x" * 1_000)
        first = read.read()
        output.line("api", None, "after")
        rest = read.read().decode()
    assert first.count(b"\n") < 100
    assert rest.startswith("(9")
    assert "lines were not printed because nobody read them.)" in rest
    assert rest.endswith("after\n")


def test_a_reader_that_went_away_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", closefd=False) as stream:
        Output(width=3, stream=stream).line("api", None, "unheard")
        os.dup2(os.open(os.devnull, os.O_WRONLY), writer)
    os.close(writer)
