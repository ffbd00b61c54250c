"""A folder holds what one can overlook, and the map names every one."""

import re
import subprocess
from collections import Counter
from pathlib import Path, PurePosixPath

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
MOST, MOST_AT_OWN_LEVEL = 20, 12
OF_DOMAINS = ("tasks", "storage", "ml", "api")


def files_by_folder() -> Counter[str]:
    """Return how many files each folder of product code holds itself."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *PACKAGES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    paths = [PurePosixPath(line) for line in listed if (ROOT / line).exists()]
    return Counter(str(path.parent) for path in paths)


FOLDERS = files_by_folder()


@pytest.mark.parametrize("folder", sorted(FOLDERS))
def test_no_folder_holds_more_files_than_one_overlooks(folder: str) -> None:
    most = MOST_AT_OWN_LEVEL if folder in OF_DOMAINS else MOST
    assert FOLDERS[folder] <= most


def test_the_map_names_every_folder_and_no_other() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    section = text.split("## Where do I find", 1)[1].split("\n## ", 1)[0]
    named = set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
    assert named == set(FOLDERS)
