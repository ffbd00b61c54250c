"""Keys are shown once, stored as digests, and alike to a stranger whether unknown or revoked."""

import re
import stat
import threading
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine, select

from core.errors import Conflict, InvalidRequest, NotFound
from storage.access.access_keys import AccessKeyStore, new_key
from storage.access.owner_key import ensure_owner_key
from storage.database import open_database, reading
from storage.tables import access_keys


@pytest.fixture
def keys(engine: Engine) -> AccessKeyStore:
    return AccessKeyStore(engine)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "owner.key"


def test_a_key_opens_until_it_is_revoked(keys: AccessKeyStore) -> None:
    plain, key = keys.create("owner", "laptop")
    assert keys.find(plain) == key
    assert keys.revoke(key.id).revoked_at
    assert keys.find(plain) is None
    assert keys.revoke(key.id) == keys.list()[0]


def test_a_key_has_an_id_a_secret_of_256_bits_and_a_checksum() -> None:
    assert re.fullmatch(r"tck_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}", new_key())
    assert len({new_key() for _ in range(100)}) == 100


def test_a_key_is_never_stored_in_clear(keys: AccessKeyStore, engine: Engine) -> None:
    plain, _ = keys.create("owner", "laptop")
    secret = plain.split("_")[2]
    files = Path(str(engine.url.database)).parent.iterdir()
    assert not any(secret.encode() in file.read_bytes() for file in files)


def test_a_hint_reveals_the_beginning_and_four_characters(keys: AccessKeyStore) -> None:
    plain, key = keys.create("owner", "laptop")
    assert key.hint == f"{plain[:13]}…{plain[-4:]}"
    assert plain.split("_")[2] not in repr(keys.list())


@pytest.mark.parametrize("position", [4, 12, 20, 54, -1])
def test_a_damaged_key_opens_nothing(keys: AccessKeyStore, position: int) -> None:
    plain, _ = keys.create("owner", "laptop")
    other = "x" if plain[position] != "x" else "y"
    damaged = plain[:position] + other + plain[position:][1:]
    assert keys.find(damaged) is None


@pytest.mark.parametrize("stranger", ["", "x", "tck_", "' OR 1=1 --", "tck_%_a_b", "é" * 40, "\0"])
def test_a_strange_key_opens_nothing(keys: AccessKeyStore, stranger: str) -> None:
    keys.create("owner", "laptop")
    assert keys.find(stranger) is None


def test_a_wrong_secret_under_a_known_id_opens_nothing(keys: AccessKeyStore) -> None:
    plain, key = keys.create("owner", "laptop")
    forged = new_key().split("_")
    forged[1] = key.id
    assert keys.find("_".join(forged)) is None
    assert keys.find(plain)


def test_unknown_roles_and_weak_keys_are_refused(keys: AccessKeyStore) -> None:
    with pytest.raises(InvalidRequest, match="role"):
        keys.create("king", "laptop")
    with pytest.raises(InvalidRequest, match="label"):
        keys.create("owner", "x" * 129)
    with pytest.raises(InvalidRequest, match="16"):
        keys.adopt("x" * 15, "owner", "fixed")
    assert keys.list() == []


def test_a_key_is_stored_once(keys: AccessKeyStore) -> None:
    keys.adopt("my own fixed key", "owner", "fixed")
    with pytest.raises(Conflict):
        keys.adopt("my own fixed key", "owner", "fixed")


def test_revoking_an_unknown_key_says_so(keys: AccessKeyStore) -> None:
    with pytest.raises(NotFound):
        keys.revoke("nothing")


def test_a_revocation_is_seen_by_other_processes_at_once(
    keys: AccessKeyStore, engine: Engine
) -> None:
    plain, key = keys.create("owner", "laptop")
    elsewhere = AccessKeyStore(open_database(str(engine.url)))
    assert elsewhere.find(plain)
    keys.revoke(key.id)
    assert elsewhere.find(plain) is None


def test_the_first_start_makes_an_owner_key_in_a_private_file(
    keys: AccessKeyStore, file: Path
) -> None:
    plain = ensure_owner_key(keys, "", file)
    assert keys.find(plain)
    assert file.read_text().strip() == plain
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_later_start_keeps_the_key(keys: AccessKeyStore, file: Path) -> None:
    plain = ensure_owner_key(keys, "", file)
    assert ensure_owner_key(keys, "", file) == plain
    assert len(keys.list()) == 1


def test_a_database_that_was_lost_takes_the_key_in_the_file(
    keys: AccessKeyStore, file: Path
) -> None:
    plain = new_key()
    file.parent.mkdir()
    file.write_text(plain)
    file.chmod(0o600)
    assert ensure_owner_key(keys, "", file) == plain
    assert keys.find(plain)


def test_a_file_that_was_lost_gives_a_new_key_and_closes_the_old(
    keys: AccessKeyStore, file: Path
) -> None:
    old = ensure_owner_key(keys, "", file)
    file.unlink()
    new = ensure_owner_key(keys, "", file)
    assert new != old
    assert keys.find(new)
    assert keys.find(old) is None


def test_a_revoked_owner_key_is_not_opened_again_by_a_start(
    keys: AccessKeyStore, file: Path
) -> None:
    old = ensure_owner_key(keys, "", file)
    keys.revoke(keys.list()[0].id)
    new = ensure_owner_key(keys, "", file)
    assert keys.find(new)
    assert keys.find(old) is None


def test_a_fixed_key_replaces_the_one_made_and_another_replaces_it(
    keys: AccessKeyStore, file: Path
) -> None:
    made = ensure_owner_key(keys, "", file)
    for fixed in ("a fixed key of mine", "another fixed key", "a fixed key of mine"):
        assert ensure_owner_key(keys, fixed, file) == fixed
        assert file.read_text().strip() == fixed
        assert keys.find(fixed)
        assert [key.id for key in keys.list() if key.revoked_at is None] == [keys.find(fixed).id]  # type: ignore[union-attr]
    assert keys.find(made) is None


def test_other_keys_outlive_a_new_owner_key(keys: AccessKeyStore, file: Path) -> None:
    ensure_owner_key(keys, "", file)
    plain, _ = keys.create("owner", "notebook")
    ensure_owner_key(keys, "a fixed key of mine", file)
    assert keys.find(plain)


def test_a_fixed_key_must_be_long(keys: AccessKeyStore, file: Path) -> None:
    with pytest.raises(InvalidRequest, match="TICKCAST_OWNER_KEY"):
        ensure_owner_key(keys, "short", file)


def test_processes_that_start_at_once_agree_on_one_key(engine: Engine, file: Path) -> None:
    found: list[str] = []

    def start() -> None:
        found.append(ensure_owner_key(AccessKeyStore(engine), "", file))

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = AccessKeyStore(engine)
    assert (len(found), len(set(found))) == (6, 1)
    assert keys.find(found[0])
    assert file.read_text().strip() == found[0]


def test_only_digests_are_in_the_table(keys: AccessKeyStore, engine: Engine) -> None:
    plain, key = keys.create("owner", "laptop")
    with reading(engine) as connection:
        row = connection.execute(select(access_keys)).one()
    assert plain not in row
    assert row.digest != plain.split("_")[2]
    assert row.id == key.id


def test_redis_never_holds_a_key(keys: AccessKeyStore, redis_client: "redis.Redis") -> None:
    keys.create("owner", "laptop")
    assert redis_client.dbsize() == 0


def test_a_key_ends_when_it_expires(engine: Engine) -> None:
    now = [1_000]
    keys = AccessKeyStore(engine, clock=lambda: now[0])
    plain, key = keys.create("reader", "guest", expires_at=2_000)
    now[0] = 1_999
    assert keys.find(plain) == key
    now[0] = 2_000
    assert keys.find(plain) is None


def test_rotation_gives_a_like_key_and_closes_the_old_one_at_once_or_after_an_overlap(
    engine: Engine,
) -> None:
    now = [1_000]
    keys = AccessKeyStore(engine, clock=lambda: now[0])
    first, key = keys.create("reader", "guest", expires_at=10_000)
    second, other = keys.rotate(key.id, overlap_ms=500)
    assert (other.role, other.label, other.expires_at) == ("reader", "guest", 10_000)
    assert keys.find(first)
    assert keys.find(second)
    now[0] = 1_500
    assert keys.find(first) is None
    third, _ = keys.rotate(other.id)
    assert keys.find(second) is None
    assert keys.find(third)


def test_an_overlap_does_not_outlast_the_old_key(engine: Engine) -> None:
    keys = AccessKeyStore(engine, clock=lambda: 1_000)
    _, key = keys.create("reader", "guest", expires_at=1_200)
    keys.rotate(key.id, overlap_ms=5_000)
    assert {found.expires_at for found in keys.list()} == {1_200}


def test_what_opens_nothing_and_the_owner_s_own_key_are_not_rotated(
    keys: AccessKeyStore, file: Path
) -> None:
    ensure_owner_key(keys, "", file)
    with pytest.raises(Conflict, match="delete its file"):
        keys.rotate(keys.list()[0].id)
    revoked = keys.create("reader", "guest")[1]
    keys.revoke(revoked.id)
    with pytest.raises(Conflict, match="create another"):
        keys.rotate(revoked.id)
    with pytest.raises(NotFound):
        keys.rotate("nothing")
