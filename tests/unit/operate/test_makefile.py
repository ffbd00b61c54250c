"""What make's command line sets reaches the settings; what a shell happens to hold does not."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROBE = "probe:\n\t@echo [$$TICKCAST_HOST $$TICKCAST_PORT $$TICKCAST_DATA_DIR]\n"


def exported(*arguments: str, **environment: str) -> str:
    """Return host, port and folder as a recipe of the Makefile sees them."""
    result = subprocess.run(
        ["make", "-s", "-f", "Makefile", "-f", "-", "probe", *arguments],
        input=PROBE,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return result.stdout.strip()


@pytest.mark.parametrize(
    ("arguments", "environment", "seen"),
    [
        ((), {}, "[ ]"),
        (("HOST=::1", "PORT=81", "DATA_DIR=/x y"), {}, "[::1 81 /x y]"),
        ((), {"PORT": "82", "DATA_DIR": "/z"}, "[ 82 /z]"),
        ((), {"HOST": "laptop"}, "[ ]"),
        (("PORT=83",), {"TICKCAST_PORT": "84", "TICKCAST_HOST": "::1"}, "[::1 83 ]"),
    ],
)
def test_the_command_line_wins_and_a_shells_own_host_is_ignored(
    arguments: tuple[str, ...], environment: dict[str, str], seen: str
) -> None:
    assert exported(*arguments, **environment).split() == seen.split()


def test_continuous_integration_runs_make_test_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    assert commands == ["set -eu", 'cd "$(dirname "$0")/.."', "exec make test"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
