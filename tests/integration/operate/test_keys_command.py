"""`tickcast keys`: made and shown once, listed without secrets, rotated, revoked."""

import pytest
from typer.testing import CliRunner

from operate.cli import app
from storage.access.access_keys import AccessKeyStore
from storage.stores import Stores

RUNNER = CliRunner()


@pytest.fixture
def keys(opened: Stores) -> AccessKeyStore:
    """The keys of the folder on which the command works."""
    return opened.keys


def _run(*words: str) -> str:
    result = RUNNER.invoke(app, ["keys", *words])
    if result.exception:
        raise result.exception
    return result.stdout


def test_a_key_is_made_listed_rotated_and_revoked(keys: AccessKeyStore) -> None:
    plain = _run("create", "monitor", "--role", "reader", "--days", "2").strip()
    key = keys.find(plain)
    assert key
    assert (key.role, key.label) == ("reader", "monitor")
    listed = _run("list")
    assert f"{key.id}  reader  monitor  {key.hint}" in listed
    assert "active until" in listed
    assert plain not in listed
    second = _run("rotate", key.id, "--overlap", "5").strip()
    assert keys.find(plain)
    other = keys.find(second)
    assert other
    _run("revoke", other.id)
    assert keys.find(second) is None
    assert "revoked" in _run("list")


def test_a_key_is_the_owner_s_and_has_no_end_unless_said_otherwise(keys: AccessKeyStore) -> None:
    key = keys.find(_run("create", "laptop").strip())
    assert key
    assert (key.role, key.expires_at) == ("owner", None)
