from pathlib import Path
from typing import Any

import pytest
from nbmake.nb_run import NotebookRun

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.mark.parametrize(
    ("name", "count", "ending"),
    [
        ("forecast.ipynb", 3, "Out of sample its errors were"),
        ("next_candle.ipynb", 2, "Does it beat last price?"),
        ("forecasters.ipynb", 1, "let them speak live"),
    ],
)
def test_a_notebook_runs_whole_and_ends_with_a_verdict(
    stack: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, count: int, ending: str
) -> None:
    monkeypatch.setenv("TICKCAST_URL", stack.url)
    monkeypatch.setenv("TICKCAST_API_KEY", stack.key)

    # How long a network learns changes nothing of what is told.
    text = (NOTEBOOKS / name).read_text().replace("epochs=8", "epochs=1")
    (tmp_path / name).write_text(text)

    result = NotebookRun(tmp_path / name, default_timeout=240).execute()

    assert result.error is None, result.error.trace if result.error else ""
    outputs = [output for cell in result.nb.cells for output in cell.get("outputs", [])]
    charts = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(charts) == count
    assert ending in outputs[-1]["text"]
