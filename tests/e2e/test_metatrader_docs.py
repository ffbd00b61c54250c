"""The steps of docs/metatrader.md lead from nothing to a terminal's first heartbeat."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.running_tickcast import RunningTickcast

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "metatrader.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
SETTING = re.compile(r"export TICKCAST_(\w+)=(?:'([^']*)'|(\S+))")


def block(holding: str) -> str:
    """Return the one block of commands that holds a text."""
    [found] = [code for code in BLOCKS if holding in code]
    return str(found)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTickcast]:
    """A server with the settings of the page's first step."""
    told = {name.lower(): quoted or plain for name, quoted, plain in SETTING.findall(
        block("make run")
    )}  # fmt: skip
    assert set(told) == {"signal_platform", "signal_markets"}
    folder = tmp_path_factory.mktemp("metatrader") / "var"
    with RunningTickcast(folder, **told) as tickcast:
        yield tickcast


def run(server: RunningTickcast, commands: str) -> str:
    """Return what commands print that are run as the page says, on this server."""
    port = f"127.0.0.1:{server.port}"
    here = commands.replace("127.0.0.1:8000", port).replace("--minutes 1", "--minutes 0.05")
    here = here.replace(
        "feeds.simulator.metatrader", f"feeds.simulator.metatrader --url {server.url}"
    )
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", here],
        cwd=server.data_dir.parent,
        env=os.environ | {
            "PATH": path, "TICKCAST_DATA_DIR": str(server.data_dir), "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_steps_lead_to_a_heartbeat_that_the_server_knows(server: RunningTickcast) -> None:
    run(server, block("tickcast keys create"))
    fed = run(server, block("--platform mt5"))
    assert re.search(r"feed: (?:[\d,]+ bars taken|the server lacks nothing)", fed), fed
    traded = run(server, block("--trader"))
    assert "trader: " in traded, traded
    status: dict[str, Any] = json.loads(run(server, block("/api/ea-status")))
    assert status["online"] is True, status
    assert status["last_heartbeat"]


def test_every_command_of_the_page_is_run() -> None:
    tried = ("make run", "tickcast keys create", "--platform mt5", "--trader", "/api/ea-status")
    assert len(BLOCKS) == len(tried)
    assert all(block(text) for text in tried)
