"""Tokens of venues are locked away, and connections and their live gate follow rules."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from core.errors import Conflict, InvalidRequest, NotFound
from storage.database import reading, writing
from storage.venues.connections import LIVE_MS, Connection, ConnectionStore, Seen
from storage.venues.token_vault import TokenVault, VaultClosed
from storage.venues.venue_tables import venue_connections

TOKEN = "eyJhbGciOi.secret-of-a-broker.last4"
DEMO = Seen("500123", real=False, investor=False)


def connect(
    store: ConnectionStore,
    account: int,
    name: str = "acc-1",
    token: str = TOKEN,
    seen: Seen = DEMO,
) -> Connection:
    store.keep_locked(account, "metaapi", name, store.lock(account, name, token))
    return store.connect(account, "metaapi", name, seen)


class Clock:
    now = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "vault.key"


@pytest.fixture
def connections(engine: Engine, file: Path, clock: Clock) -> ConnectionStore:
    return ConnectionStore(engine, TokenVault(file), clock)


def test_a_token_is_stored_encrypted_and_told_by_its_last_four_characters(
    connections: ConnectionStore, engine: Engine, file: Path
) -> None:
    made = connect(connections, 3)
    assert (made.connected, made.hint, made.login) == (True, "ast4", "500123")
    assert connections.token(3, "acc-1") == TOKEN
    with reading(engine) as connection:
        row = connection.execute(select(venue_connections)).one()
    assert "secret" not in repr(tuple(row)) + repr(made)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_same_token_never_looks_the_same(connections: ConnectionStore, engine: Engine) -> None:
    for account in (1, 2):
        connect(connections, account)
    with reading(engine) as connection:
        texts = set(connection.execute(select(venue_connections.c.token)).scalars())
    assert len(texts) == 2


def test_a_token_that_is_copied_to_another_account_is_not_opened(
    connections: ConnectionStore, engine: Engine
) -> None:
    connect(connections, 1)
    connect(connections, 2, "acc-1", "another-token-of-2", DEMO)
    here = venue_connections.c
    with writing(engine) as connection:
        stolen = connection.execute(select(here.token).where(here.account_id == 1)).scalar_one()
        connection.execute(
            update(venue_connections).where(here.account_id == 2).values(token=stolen)
        )
    with pytest.raises(VaultClosed, match="does not fit"):
        connections.token(2, "acc-1")


def test_a_token_is_of_one_account_at_the_venue(connections: ConnectionStore) -> None:
    connect(connections, 1)
    assert connections.token(1, "acc-2") is None
    assert connections.token(2, "acc-1") is None


def test_without_its_file_a_token_is_closed_and_connecting_again_opens_another(
    connections: ConnectionStore, file: Path
) -> None:
    assert connections.fault() is None
    connect(connections, 1)
    kept = file.read_bytes()
    file.unlink()
    with pytest.raises(VaultClosed, match=r"vault\.key is missing"):
        connections.token(1, "acc-1")
    assert "missing" in (connections.fault() or "")
    connect(connections, 1)
    assert connections.token(1, "acc-1") == TOKEN
    assert connections.fault() is None
    file.write_bytes(kept)
    with pytest.raises(VaultClosed, match="does not fit"):
        connections.token(1, "acc-1")
    assert "does not fit" in (connections.fault() or "")


@pytest.mark.parametrize("content", [b"short", b"\xff\xfe", b"A" * 44 + b"\n"])
def test_a_damaged_file_is_named_and_never_overwritten(
    connections: ConnectionStore, file: Path, content: bytes
) -> None:
    connect(connections, 1)
    file.write_bytes(content)
    with pytest.raises(VaultClosed, match=r"vault\.key"):
        connections.token(1, "acc-1")
    assert "vault.key" in (connections.fault() or "")
    assert file.read_bytes() == content


def test_a_file_that_others_can_read_is_refused(connections: ConnectionStore, file: Path) -> None:
    connect(connections, 1)
    file.chmod(0o644)
    with pytest.raises(VaultClosed, match="chmod 600"):
        connections.token(1, "acc-1")


def test_one_account_is_connected_at_a_time_and_disconnecting_keeps_the_token(
    connections: ConnectionStore,
) -> None:
    connect(connections, 1)
    with pytest.raises(Conflict, match="disconnect"):
        connect(connections, 1, "acc-2")
    connections.disconnect(1)
    assert connections.get(1) is None
    assert connections.find(1, "acc-1") is not None
    assert connections.token(1, "acc-1") == TOKEN
    connect(connections, 1, "acc-2")
    connections.disconnect(1, forget=True)
    assert connections.find(1, "acc-2") is None
    assert connections.token(1, "acc-2") is None
    assert connections.token(1, "acc-1") == TOKEN
    connections.disconnect(1)


def test_the_live_gate_opens_to_the_login_typed_again_and_ends_after_thirty_days(
    connections: ConnectionStore, clock: Clock
) -> None:
    with pytest.raises(NotFound):
        connections.open_live(1, "500123")
    made = connect(connections, 1)
    assert not made.live(clock.now)
    for wrong in ("", "500124", " 500123"):
        with pytest.raises(InvalidRequest, match="login"):
            connections.open_live(1, wrong)
    opened = connections.open_live(1, "500123")
    assert opened.live(clock.now)
    assert opened.live(clock.now + LIVE_MS - 1)
    assert not opened.live(clock.now + LIVE_MS)
    connections.close_live(1)
    closed = connections.get(1)
    assert closed is not None
    assert not closed.live(clock.now)


@pytest.mark.parametrize(
    ("account", "seen"), [("acc-1", DEMO._replace(login="9")), ("acc-2", DEMO)]
)
def test_the_gate_is_not_open_for_another_login_or_account(
    connections: ConnectionStore, clock: Clock, account: str, seen: Seen
) -> None:
    connect(connections, 1)
    connections.open_live(1, "500123")
    assert connect(connections, 1).live(clock.now)
    connections.disconnect(1)
    assert not connect(connections, 1, account, TOKEN, seen).live(clock.now)
