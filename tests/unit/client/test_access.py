from pathlib import Path

import pytest

from client import errors
from client.access import find_access


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TICKCAST_DATA_DIR", str(tmp_path))
    return tmp_path


def test_the_server_of_the_settings_and_its_key_are_found(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKCAST_PORT", "8123")
    (data_dir / "owner.key").write_text("from-the-file\n")

    assert find_access() == ("http://127.0.0.1:8123", "from-the-file")


def test_what_is_given_wins_over_the_environment_and_that_over_the_file(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data_dir / "owner.key").write_text("from-the-file")
    monkeypatch.setenv("TICKCAST_URL", "http://127.0.0.1:9000/")
    monkeypatch.setenv("TICKCAST_API_KEY", "from-the-environment")

    assert find_access() == ("http://127.0.0.1:9000", "from-the-environment")
    assert find_access("http://127.0.0.1:1", "given") == ("http://127.0.0.1:1", "given")


def test_the_owners_key_is_never_sent_to_another_machine(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data_dir / "owner.key").write_text("from-the-file")
    monkeypatch.setenv("TICKCAST_OWNER_KEY", "a-fixed-owner-key")

    assert find_access("https://example.org").api_key is None
    assert find_access("http://localhost:1").api_key == "a-fixed-owner-key"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
    ],
)
def test_a_server_that_listens_everywhere_is_reached_on_loopback(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, host: str, address: str
) -> None:
    monkeypatch.setenv("TICKCAST_HOST", host)

    assert find_access().base_url == address


def test_no_key_at_all_is_for_the_server_to_refuse(data_dir: Path) -> None:
    assert find_access().api_key is None


def test_a_key_file_that_is_closed_to_us_is_said(data_dir: Path) -> None:
    (data_dir / "owner.key").mkdir()

    with pytest.raises(errors.KeyUnreadable, match="TICKCAST_API_KEY"):
        find_access()


@pytest.mark.parametrize("address", ["localhost:8000", "ftp://x", "http://", "://"])
def test_an_address_that_is_none_is_refused(data_dir: Path, address: str) -> None:
    with pytest.raises(errors.BadAddress, match="TICKCAST_URL"):
        find_access(address)
