"""docs/security.md names a test for every item of the checklist, and each of them is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
ROWS = re.findall(r"^\| ([\d, ]+) \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
_TEST = re.compile(r"`((?:…/)?[\w/.]+\.py)?(?:::(\w+))?`")


def named_tests() -> list[tuple[str, str]]:
    """Return (file, test) of every test that the page names; … is the folder of the one before."""
    found, last = [], ""
    for file, test in _TEST.findall("\n".join(third for _, _, third in ROWS)):
        if not file and not test:
            continue
        if file.startswith("…/"):
            last = str(Path(last).parent / file.removeprefix("…/"))
        else:
            last = file or last
        found.append((last, test))
    return found


def test_every_item_of_the_checklist_has_its_row() -> None:
    numbers = {int(one) for row in ROWS for one in row[0].split(",")}
    assert numbers == set(range(1, 51))


@pytest.mark.parametrize(("number", "rule", "tests"), ROWS)
def test_every_row_names_a_test(number: str, rule: str, tests: str) -> None:
    assert _TEST.search(tests)


@pytest.mark.parametrize(("file", "test"), named_tests())
def test_what_is_named_is_there(file: str, test: str) -> None:
    path = ROOT / "tests" / file
    assert path.exists() or (ROOT / file).exists()
    if test:
        assert f"def {test}(" in path.read_text()
