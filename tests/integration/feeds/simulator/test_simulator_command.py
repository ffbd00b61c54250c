"""`python -m feeds.simulator` as it is run: one line when ready, one sentence when not."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.exchange_candles import walk, write_candles


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_candles(tmp_path, "coinbase", "BTC-USD", 60, walk(5, 60))
    return tmp_path


def simulator(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "feeds.simulator", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_serves_and_ends_on_a_signal(
    data: Path, number: signal.Signals
) -> None:
    process = simulator("--data", data, "--port", 0, "--fault", "429@0.0", "--speed", 2)
    assert process.stdout
    address = process.stdout.readline().split()[-1]

    products = httpx.get(f"{address}/products").json()
    process.send_signal(number)

    assert [product["id"] for product in products] == ["BTC-USD"]
    assert process.wait(10) == 0
    assert process.communicate()[1] == ""


@pytest.mark.parametrize(
    ("extra", "said"),
    [(["--fault", "429"], "fault '429'"), (["--speed", "0"], "speed"), (["--data", "/no"], "/no")],
)
def test_an_option_that_makes_no_sense_ends_it_with_a_sentence(
    data: Path, extra: list[str], said: str
) -> None:
    process = simulator("--data", data, "--port", 0, *extra)

    _, error = process.communicate(timeout=20)

    assert process.returncode == 2
    assert said in error
    assert error.count("\n") == 1


def test_a_port_that_is_taken_ends_it_with_a_sentence(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = simulator("--data", data, "--port", port)
        _, error = process.communicate(timeout=20)

    assert process.returncode == 1
    assert f"127.0.0.1:{port}" in error
    assert "Traceback" not in error
