"""The steps of docs/contributing.md lead to a model of another package that is trained."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "contributing.md").read_text()


def block(language: str, holding: str) -> str:
    """Return the one block of code in a language that holds a text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    [found] = [code for code in blocks if holding in code]
    return str(found)


def test_a_model_made_by_the_page_s_steps_is_trained_judged_and_kept(tmp_path: Path) -> None:
    package, installed = tmp_path / "past-moves", tmp_path / "installed"
    package.mkdir()
    (package / "pyproject.toml").write_text(block("toml", "tickcast.models"))
    (package / "past_moves.py").write_text(block("python", "class PastMoves"))
    command = block("sh", "pip install").replace("python ", "", 1).split()
    # Beside the environment and not in it: other tests run there at the same time.
    place = ["--quiet", "--no-index", "--target", str(installed)]
    subprocess.run([sys.executable, *command, *place], cwd=tmp_path, check=True, timeout=120)

    trained = subprocess.run(
        [sys.executable, "-c", block("python", "train_challenger")],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert trained.returncode == 0, trained.stderr
    verdict, n, *reason = trained.stdout.split()
    assert verdict in ("skilled", "no_skill", "unproven")
    assert int(n) > 500
    assert reason
