"""The walls between packages stop what they are there to stop."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "core",
    "storage",
    "ml",
    "feeds",
    "trading",
    "agent",
    "tasks",
    "api",
    "client",
    "operate",
    "bench",
)
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the product's code and of its contracts."""
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    for name in PACKAGES:
        unread = shutil.ignore_patterns("__pycache__", "static", "versions")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=unread)
    return tmp_path


def _plant(folder: Path, module: str, line: str) -> None:
    path = folder / module
    path.write_text(f"{line}\n{path.read_text()}")


def _broken(folder: Path) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True, check=False
    )
    lines = [line.strip() for line in run.stdout.splitlines()]
    assert any(line.startswith("Contracts:") for line in lines), run.stdout + run.stderr
    return {name for name, broken, _ in (line.partition(" BROKEN") for line in lines) if broken}


def test_an_import_through_a_wall_breaks_its_contract(copy: Path) -> None:
    assert _broken(copy) == set()
    _plant(copy, "api/jobs/tasks.py", "import tasks.jobs.turns")
    _plant(copy, "storage/keys.py", "import ml.scoring.scores")
    _plant(copy, "client/errors.py", "import client.tickcast")
    assert _broken(copy) == {
        "api reaches work through the doors of tasks only",
        "api never loads ml, feeds or TensorFlow",  # through storage
        "storage imports core only",
        "what is above imports what is below",
        "no two folders or modules of one folder need each other",
    }
