"""Records that were emptied, replaced or cut are noticed, and stay noticed until accepted."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.errors import TickcastError
from core.settings import Settings
from operate.cli import app
from operate.data_folder import prepare_data_folder
from operate.records import look_after_marks
from storage import keys
from storage.installation.marks import FILE, HEADS, REDIS, SQL
from storage.jobs.dead_letters import queue_message
from storage.redis_connection import connect
from storage.stores import open_stores


@pytest.fixture
def settings(redis_settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """An installation that has run for a while, on the session's Redis."""
    address = redis_settings.redis_address
    own = Settings(data_dir=tmp_path / "data", redis_url=address, _env_file=None)
    with connect(address) as client:
        client.flushall()
        prepare_data_folder(own)
        heads = own.data_dir / "ledger" / "heads.jsonl"
        heads.parent.mkdir()
        heads.write_text("x" * 100)
        for _ in range(5):
            assert look_after_marks(own) == []
        yield own
        client.flushall()


def database(settings: Settings) -> Path:
    return settings.data_dir / "tickcast.sqlite3"


def older(settings: Settings, damage: Callable[[Settings], None]) -> None:
    """Put back, after more marks, what there was before."""
    kept = settings.data_dir.with_name("kept")
    with connect(settings.redis_address) as client:
        held = client.get(keys.INSTALLATION)
    shutil.copytree(settings.data_dir, kept)
    for _ in range(5):
        assert look_after_marks(settings) == []
    damage(settings)
    with connect(settings.redis_address) as client:
        if damage is older_redis:
            client.set(keys.INSTALLATION, held)  # type: ignore[arg-type]


def empty_sql(settings: Settings) -> None:
    for file in settings.data_dir.glob("tickcast.sqlite3*"):
        file.unlink()
    prepare_data_folder(settings)


def foreign_sql(settings: Settings) -> None:
    empty_sql(settings)
    with sqlite3.connect(database(settings)) as connection:
        mark = '{"id": "another", "number": 900, "at": 1, "heads_bytes": 0}'
        connection.execute("INSERT INTO installation VALUES ('mark', ?)", (mark,))


def older_sql(settings: Settings) -> None:
    for file in settings.data_dir.glob("tickcast.sqlite3*"):
        file.unlink()
    shutil.copy(settings.data_dir.with_name("kept") / "tickcast.sqlite3", settings.data_dir)


def empty_redis(settings: Settings) -> None:
    with connect(settings.redis_address) as client:
        client.flushall()


def older_redis(settings: Settings) -> None:
    """The append-only file cut in the middle: `older` puts the mark of then back."""


def no_file(settings: Settings) -> None:
    (settings.data_dir / "installation.json").unlink()


def cut_heads(settings: Settings) -> None:
    (settings.data_dir / "ledger" / "heads.jsonl").write_text("x" * 50)


def no_heads(settings: Settings) -> None:
    (settings.data_dir / "ledger" / "heads.jsonl").unlink()


@pytest.mark.parametrize(
    ("damage", "part"),
    [
        (empty_sql, SQL),
        (foreign_sql, SQL),
        (older_sql, SQL),
        (empty_redis, REDIS),
        (older_redis, REDIS),
        (no_file, FILE),
        (cut_heads, HEADS),
        (no_heads, HEADS),
    ],
)
def test_what_vanished_is_named_until_it_is_accepted(
    settings: Settings, damage: Callable[[Settings], None], part: str
) -> None:
    older(settings, damage)
    for _ in range(3):  # it does not heal by waiting
        faults = look_after_marks(settings)
        assert [fault.part for fault in faults] == [part]
        assert "tickcast doctor --accept" in faults[0].sentence

    run = {"TICKCAST_DATA_DIR": str(settings.data_dir), "TICKCAST_REDIS_URL": settings.redis_url}
    told = CliRunner().invoke(app, ["doctor"], env=run)
    assert (told.exit_code, part[4:] in told.stdout) == (1, True)
    assert CliRunner().invoke(app, ["doctor", "--accept"], env=run).exit_code == 0
    assert CliRunner().invoke(app, ["doctor"], env=run).exit_code == 0
    assert look_after_marks(settings) == []


def test_dead_letters_are_told_until_they_are_given_up(settings: Settings) -> None:
    stores = open_stores(settings)
    with stores.redis.pipeline() as pipe:
        queue_message(pipe, "no json")
        pipe.execute()
    stores.close()
    run = {"TICKCAST_DATA_DIR": str(settings.data_dir), "TICKCAST_REDIS_URL": settings.redis_url}
    told = CliRunner().invoke(app, ["doctor"], env=run)
    assert (told.exit_code, "1 messages" in told.stdout) == (1, True)
    assert CliRunner().invoke(app, ["doctor", "--accept"], env=run).exit_code == 0
    assert CliRunner().invoke(app, ["doctor"], env=run).exit_code == 0


def test_a_mark_that_was_cut_short_by_a_kill_is_no_fault(settings: Settings) -> None:
    stores = open_stores(settings)
    kept = (settings.data_dir / "installation.json").read_bytes()
    stores.marks.note()
    (settings.data_dir / "installation.json").write_bytes(kept)  # as if it came only so far
    for _ in range(3):
        assert stores.marks.note() == []
    stores.close()


def broken_sqlite(folder: Path) -> None:
    (folder / "tickcast.sqlite3").write_bytes(b"no database at all, but long enough" * 100)


def newer_schema(folder: Path) -> None:
    with sqlite3.connect(folder / "tickcast.sqlite3") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def key_is_binary(folder: Path) -> None:
    (folder / "owner.key").write_bytes(b"\xff\xfe" * 20)


def key_is_a_folder(folder: Path) -> None:
    (folder / "owner.key").unlink()
    (folder / "owner.key").mkdir()


def key_is_open(folder: Path) -> None:
    (folder / "owner.key").chmod(0o644)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (broken_sqlite, "restore a backup"),
        (newer_schema, "newer Tickcast"),
        (key_is_binary, "owner.key holds no text"),
        (key_is_a_folder, "owner.key is a folder"),
        (key_is_open, "chmod 600"),
    ],
)
def test_a_corrupt_state_ends_in_one_sentence_with_the_remedy(
    settings: Settings, damage: Callable[[Path], None], named: str
) -> None:
    for file in settings.data_dir.glob("tickcast.sqlite3-*"):
        file.unlink()
    damage(settings.data_dir)
    with pytest.raises(TickcastError, match=named) as ended:
        prepare_data_folder(settings)
    assert "\n" not in ended.value.detail


def test_a_missing_backup_is_a_sentence(settings: Settings, tmp_path: Path) -> None:
    run = {"TICKCAST_DATA_DIR": str(settings.data_dir), "TICKCAST_REDIS_URL": settings.redis_url}
    for command in ("restore", "verify-backup"):
        told = CliRunner().invoke(app, [command, str(tmp_path / "none.tar")], env=run)
        assert told.exit_code == 1
        assert "Traceback" not in told.output
        assert "none.tar" in told.output
