"""No package that runs binds those who run it for others."""

from pathlib import Path

import pytest

from operate.licences import is_forbidden, locked_names, main

ROOT = Path(__file__).parents[3]


def test_no_locked_package_is_under_the_agpl(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(str(ROOT / "requirements.lock")) == 0
    printed = capsys.readouterr().out
    names = locked_names((ROOT / "requirements.lock").read_text())
    assert len(printed.splitlines()) == len(names) > 50
    assert "not said" not in printed


@pytest.mark.parametrize(
    ("licence", "forbidden"),
    [
        ("AGPL-3.0-only", True),
        ("GNU Affero General Public License v3", True),
        ("MIT", False),
        ("LGPL-3.0-or-later", False),
    ],
)
def test_the_agpl_is_known_by_its_names(licence: str, forbidden: bool) -> None:
    assert is_forbidden(licence) is forbidden
