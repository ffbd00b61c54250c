"""`make demo-fx` shows a fed server and a robot, and ends all of it by itself."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.running_tickcast import free_port

ROOT = Path(__file__).parents[3]


def test_the_demo_feeds_a_server_of_its_own_and_ends_all_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "operate.commands.demo_fx", "--data-dir", str(folder)),
            *("--port", str(free_port()), "--minutes", "0.1"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"Watch it: http://127\.0\.0\.1:\d+/app#key=\S+", done.stdout), done.stdout
    assert "bars taken" in done.stdout
    assert "Nothing was traded" in done.stdout
    assert "Tickcast has stopped." in (folder / "server.log").read_text()


@pytest.mark.parametrize("place", ["Makefile", "README.md"])
def test_the_demo_is_where_one_looks_for_it(place: str) -> None:
    assert "demo-fx" in (ROOT / place).read_text()
