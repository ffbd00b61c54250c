"""Callers of tests are gone as soon as they have asked, and want their answer all the same."""

import pytest

from api.agent import chat


@pytest.fixture(autouse=True)
def _waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "_GRACE_SECONDS", 60.0)
