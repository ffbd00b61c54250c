"""The fingerprint of the code that makes models covers what makes them, and nothing else."""

import ast
from pathlib import Path

from tasks.forecasts.code_version import CORE_MODULES, code_version

ROOT = Path(__file__).parents[4]


def imported_from_core(path: Path) -> set[str]:
    tree = ast.walk(ast.parse(path.read_text()))
    modules = [node.module for node in tree if isinstance(node, ast.ImportFrom) and node.module]
    return {name.removeprefix("core.") for name in modules if name.startswith("core.")}


def test_it_covers_all_of_core_that_models_are_made_with() -> None:
    reached: set[str] = set()
    waiting = set().union(*map(imported_from_core, (ROOT / "ml").rglob("*.py")))
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= imported_from_core(ROOT / "core" / f"{name}.py") - reached
    assert reached == set(CORE_MODULES)


def test_it_names_the_release() -> None:
    release, _, fingerprint = code_version().rpartition("+")
    assert release
    assert len(fingerprint) == 16
