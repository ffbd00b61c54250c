"""Processes that collect the same files share out the rewriting of their asserts."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import rewritten

FILES = [f"test_{letter}.py" for letter in "abcde"]


def rewritten_by(
    process: str, folder: Path, args: list[str], patch: pytest.MonkeyPatch, own: pytest.Config
) -> list[str]:
    """Return the files whose code lies there once a process of three has begun."""
    patch.setattr(rewritten, "TESTS", folder)
    patch.setattr(sys, "dont_write_bytecode", False)
    patch.setenv("PYTEST_XDIST_WORKER", process)
    patch.setenv("PYTEST_XDIST_WORKER_COUNT", "3")
    here = SimpleNamespace(dir=folder.parent)
    config: Any = SimpleNamespace(
        args=args, invocation_params=here, stash=own.stash, getini=own.getini
    )
    rewritten.rewrite_share(config)
    return sorted(kept.name.partition(".")[0] + ".py" for kept in folder.rglob("*.pyc"))


def test_three_processes_rewrite_each_file_once_between_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    for name in FILES:
        (tmp_path / name).write_text("def test_it():\n    assert 1 + 1 == 2\n")
    here = tmp_path, [tmp_path.name], monkeypatch, request.config
    assert rewritten_by("gw1", *here) == FILES[1::3]
    assert rewritten_by("gw0", *here) == sorted(FILES[0::3] + FILES[1::3])
    assert rewritten_by("gw2", *here) == FILES


def test_who_runs_a_part_of_the_tests_rewrites_only_what_he_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    (tmp_path / FILES[0]).write_text("def test_it():\n    assert 1 + 1 == 2\n")
    here = tmp_path, [f"{tmp_path.name}/{FILES[0]}"], monkeypatch, request.config
    assert rewritten_by("gw0", *here) == []
