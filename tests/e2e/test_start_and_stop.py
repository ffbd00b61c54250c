"""Starting, stopping, and refusing to start: what `make run` promises."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from bench.running_tickcast import READY, RunningTickcast, free_port
from operate.stop_signals import STOP_SIGNALS
from tests.e2e.conftest import client_of, wait_for

# A start with data may take so many times as long as the first; `bench start_up` measures it.
RESTART_RATIO = 3
CANDLES = [[1_700_000_000 // 3600 * 3600 + 3600 * n, 10, 12, 9, 11, 5] for n in range(50)]


def refused(tickcast: RunningTickcast) -> tuple[int, str]:
    """Start it and return its exit code and all that it printed."""
    tickcast.launch()
    code = tickcast.process.wait(60)
    return code, tickcast.printed()


def test_make_run_is_what_these_tests_start() -> None:
    makefile = (Path(__file__).parents[2] / "Makefile").read_text()
    assert "\nrun: $(VENV)/.installed\n\t@exec $(BIN)/python -m operate.run\n" in makefile


def test_the_printed_address_is_live_and_its_key_opens_the_api(stack: RunningTickcast) -> None:
    found = READY.search(stack.printed())
    assert found is not None
    assert httpx.get(f"{found.group(1)}/app", follow_redirects=True).status_code == 200
    assert httpx.get(f"{found.group(1)}/tasks").status_code == 401
    headers = {"X-API-Key": found.group(2)}
    assert httpx.get(f"{found.group(1)}/tasks", headers=headers).status_code == 200


def test_the_key_file_is_for_its_owner_only(stack: RunningTickcast) -> None:
    file = stack.data_dir / "owner.key"
    assert file.read_text().strip() == stack.key
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_second_instance_ends_cleanly_finds_its_data_and_leaves_no_process_when_killed(
    stack: RunningTickcast, tmp_path: Path
) -> None:
    body = {"symbol": "XAUUSD", "resolution": "1h", "candles": CANDLES}
    with RunningTickcast(tmp_path / "second") as second, client_of(second) as client:
        answer = client.post("/ingest/candles/file", json=body, headers={"Prefer": "wait=30"})
        assert answer.status_code == 200, answer.text
        assert stack.health() == 200

        code = second.stop(signal.SIGINT)

    assert code == 0
    assert second.processes() == {}
    assert "ERROR" not in second.printed()
    assert "Traceback" not in second.printed()
    with (
        RunningTickcast(tmp_path / "second", port=second.port) as again,
        client_of(again) as client,
    ):
        assert again.seconds < RESTART_RATIO * second.seconds
        assert again.key == second.key
        held = client.get("/candles/file/XAUUSD/1h").json()["candles"]
        assert len(held) == len(CANDLES)
        assert len(again.processes()) > 7

        os.kill(again.process.pid, signal.SIGKILL)  # the supervisor

        wait_for(lambda: not again.processes(), 20, "the end of all processes")
    assert stack.health() == 200


def test_killing_make_leaves_no_process(tmp_path: Path) -> None:
    tickcast = RunningTickcast(tmp_path / "data")
    variables = (f"DATA_DIR={tickcast.data_dir}", f"PORT={tickcast.port}")
    make = subprocess.Popen(
        ["make", "-s", "-o", ".venv/.installed", "run", *variables],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
    )
    wait_for(lambda: tickcast.processes("redis-server"), 60, "the start of Redis")

    make.kill()
    make.wait()

    wait_for(lambda: not tickcast.processes(), 40, "the end of all processes")


def test_a_stop_while_starting_leaves_no_process(tmp_path: Path) -> None:
    tickcast = RunningTickcast(tmp_path / "hasty")
    tickcast.launch()
    while len(tickcast.processes()) < 2:  # itself, and the first it started
        time.sleep(0.05)
    assert tickcast.stop() == 0
    assert tickcast.processes() == {}


@pytest.mark.parametrize("number", STOP_SIGNALS, ids=lambda number: number.name)
def test_a_stop_before_anything_has_started_is_no_accident(
    tmp_path: Path, number: signal.Signals
) -> None:
    tickcast = RunningTickcast(tmp_path / "hasty")
    tickcast.launch()
    while not catches(tickcast.process.pid, STOP_SIGNALS[-1]):  # they are set in this order
        time.sleep(0.001)
    assert tickcast.stop(number) == 0
    assert tickcast.printed() == "Tickcast has stopped.\n"
    assert tickcast.processes() == {}


def catches(pid: int, number: signal.Signals) -> bool:
    """Say whether a process has said what a signal does."""
    status = Path(f"/proc/{pid}/status").read_text()
    mask = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(mask >> (number - 1) & 1)


def test_a_taken_port_is_told_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, printed = refused(RunningTickcast(tmp_path / "data", port=port))
    assert code == 1
    assert printed.startswith(f"Port {port} of 127.0.0.1 cannot be used (Address already in use)")
    assert len(printed.splitlines()) == 1


def test_a_second_start_on_the_same_folder_is_refused(stack: RunningTickcast) -> None:
    second = RunningTickcast(stack.data_dir)
    second.log = stack.log.with_suffix(".second")
    code, printed = refused(second)
    assert code == 1
    assert printed == (
        f"Another Tickcast already runs on {stack.data_dir}; stop it or set DATA_DIR.\n"
    )
    assert stack.health() == 200


def test_a_redis_that_cannot_start_is_told_in_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "data" / "redis" / "appendonlydir"
    broken.mkdir(parents=True)
    (broken / "appendonly.aof.manifest").write_text("nonsense\n")
    tickcast = RunningTickcast(tmp_path / "data")
    code, printed = refused(tickcast)
    assert code == 1
    assert printed.splitlines()[-1].startswith("redis cannot start: ")
    assert "Traceback" not in printed
    assert tickcast.processes() == {}


@pytest.mark.parametrize(
    ("variable", "value"), [("port", "seventy"), ("auth", "maybe"), ("default_resolution", "7q")]
)
def test_a_wrong_setting_is_named(tmp_path: Path, variable: str, value: str) -> None:
    code, printed = refused(RunningTickcast(tmp_path / "data", **{variable: value}))
    assert code == 1
    assert printed.startswith(f"TICKCAST_{variable.upper()}: ")
    assert len(printed.splitlines()) == 1


def test_an_unwritable_folder_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    variables = (f"DATA_DIR={tmp_path}/file/data", f"PORT={free_port()}")
    result = subprocess.run(
        ["make", "-s", "-o", ".venv/.installed", "run", *variables],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode != 0
    assert result.stderr.startswith(f"The data folder {tmp_path}/file/data cannot be written")
