from pathlib import Path
from typing import Any

import pytest
from nbmake.nb_run import NotebookRun

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "forecast.ipynb"


def test_the_notebook_runs_whole_and_ends_with_a_verdict(
    stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKCAST_URL", stack.url)
    monkeypatch.setenv("TICKCAST_API_KEY", stack.key)

    result = NotebookRun(NOTEBOOK, default_timeout=240).execute()

    assert result.error is None, result.error.trace if result.error else ""
    outputs = [output for cell in result.nb.cells for output in cell.get("outputs", [])]
    charts = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(charts) == 3
    assert "Out of sample its errors were" in outputs[-1]["text"]
