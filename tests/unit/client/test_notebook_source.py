import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[3] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_committed_without_outputs(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]

    ran = [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]

    assert cells
    assert ran == []


def test_there_are_the_notebooks_that_tell_the_stories() -> None:
    assert [path.name for path in NOTEBOOKS] == [
        "forecast.ipynb",
        "forecasters.ipynb",
        "next_candle.ipynb",
    ]
