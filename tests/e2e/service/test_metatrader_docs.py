"""The steps of docs/metatrader.md lead from nothing to a terminal's first heartbeat."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.running_tickcast import RunningTickcast
from tests.e2e.service.metatrader_page import BLOCKS, ROOT, block, settings_of_page


def run(service: RunningTickcast, commands: str) -> str:
    """Return what commands print that are run as the page says, on this server."""
    port = f"127.0.0.1:{service.port}"
    here = commands.replace("127.0.0.1:8000", port).replace("--minutes 1", "--minutes 0.05")
    here = here.replace(
        "feeds.simulator.metatrader", f"feeds.simulator.metatrader --url {service.url}"
    )
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", here],
        cwd=service.data_dir.parent,
        env=os.environ | {
            "PATH": path, "TICKCAST_DATA_DIR": str(service.data_dir), "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_steps_lead_to_a_heartbeat_that_the_server_knows(service: RunningTickcast) -> None:
    run(service, block("tickcast keys create"))
    fed = run(service, block("--platform mt5"))
    assert re.search(r"feed: (?:[\d,]+ bars taken|the server lacks nothing)", fed), fed
    traded = run(service, block("--trader"))
    assert "trader: " in traded, traded
    status: dict[str, Any] = json.loads(run(service, block("/api/ea-status")))
    assert status["online"] is True, status
    assert status["last_heartbeat"]


def test_every_command_of_the_page_is_run() -> None:
    assert set(settings_of_page()) == {"signal_platform", "signal_markets"}
    tried = ("make run", "tickcast keys create", "--platform mt5", "--trader", "/api/ea-status")
    assert len(BLOCKS) == len(tried)
    assert all(block(text) for text in tried)
