"""What the processes load: little enough to start fast, and never more than their own share."""

import subprocess
import sys

import pytest

HEAVY = ("tensorflow", "keras", "ccxt", "onnxruntime", "pandas", "scipy")


def _loaded(module: str) -> set[str]:
    """Return the top-level packages of a fresh interpreter that imported a module."""
    code = f"import {module}, sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(answer.stdout.split())


def test_the_page_of_tasks_loads_nothing_heavy() -> None:
    assert _loaded("tasks.celery_tasks").isdisjoint(HEAVY)


def test_the_api_s_door_loads_neither_models_nor_connectors_nor_the_tasks() -> None:
    code = "import tasks.enqueue, sys; print(*sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(answer.stdout.split())
    assert not {name.split(".")[0] for name in loaded} & {"ml", "feeds", *HEAVY}
    assert "tasks.celery_tasks" not in loaded


@pytest.mark.parametrize("module", ["tasks.main"])
def test_the_entry_point_loads_nothing_heavy(module: str) -> None:
    assert _loaded(module).isdisjoint(HEAVY)
