"""A misspelt setting is named, wherever it stands."""

from pathlib import Path

import pytest

from core.process.unread_variables import unread_variables


@pytest.fixture(autouse=True)
def nothing_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("TICKCAST_URL", "TICKCAST_API_KEY", "TICKCAST_PORT"):
        monkeypatch.setenv(name, "1")


def test_a_misspelt_variable_is_named_with_the_setting_that_was_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TICKCAST_TRADING_LVE", "on")
    (tmp_path / ".env").write_text("TICKCAST_PROT=8001\nTICKCAST_HOST=::1\nOTHER=1\n")
    assert list(unread_variables()) == [
        "TICKCAST_PROT is no setting of Tickcast; TICKCAST_PORT is.",
        "TICKCAST_TRADING_LVE is no setting of Tickcast; TICKCAST_TRADING_LIVE is.",
    ]


def test_settings_and_what_client_and_compose_read_are_not_named() -> None:
    assert list(unread_variables()) == []


def test_a_variable_that_is_like_no_setting_is_named_without_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TICKCAST_QQQQ_\x1b", "1")
    (sentence,) = unread_variables()
    assert sentence == "TICKCAST_QQQQ_\\u001b is no setting of Tickcast."
