"""Backup and restore of everything: Redis, SQL, models and the journal's files, in one file.

The order keeps what belongs together: a model's files are read with the row that
vouches for them, the ledger's heads with its rows, and the journal's files after
Redis, from which they are filled.
Restoring ends with the SQL commit.
"""

from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from core.clock.times import now_ms
from core.errors import Conflict
from storage.backup import backup_files, backup_redis, backup_sql
from storage.backup.backup_file import (
    FORMAT,
    BackupWriter,
    Manifest,
    check_backup,
    members,
    writing_backup,
)
from storage.backup.backup_redis import KeyDump, RedisRestorer, StreamPage
from storage.backup.older_backup import upgraded_records
from storage.database import reading, writing
from storage.ledger import append_only
from storage.stores import Stores

__all__ = ["Manifest", "restore_backup", "verify_backup", "write_backup"]

HEADS = "ledger/heads.jsonl"


def write_backup(stores: Stores, path: Path) -> Manifest:
    """Write a backup to `path` (tar, mode 0600), which appears once it is complete.

    May run beside a working server. Of each platform and symbol, Redis's keys are
    of one moment; so are all SQL records.
    """
    with writing_backup(path) as writer:
        counts = {"keys": _write_redis(stores, writer)}
        with ExitStack() as snapshot:
            with stores.heads.turn():
                connection, models = snapshot.enter_context(backup_files.model_snapshot(stores))
                heads = stores.heads.content()
            writer.add(HEADS, heads)
            revision = backup_sql.revision(connection)
            counts["records"] = _write_tables(connection, writer)
            counts["model files"] = backup_files.add_models(writer, connection, models)
        counts["journal files"] = backup_files.add_journal(writer, stores.data_dir)
        manifest = Manifest(FORMAT, version("tickcast"), revision, now_ms(), counts, writer.digests)
        writer.close(manifest)
    return manifest


def verify_backup(path: Path) -> Manifest:
    """Check every part against its digest; raises `CorruptArtifact` for a damaged file."""
    return check_backup(path)


def restore_backup(stores: Stores, path: Path, force: bool = False) -> Manifest:
    """Verify a backup, then put back all that it holds.

    Raises `Conflict` if there is data and `force` is not set, and `CorruptArtifact`
    before anything is changed. If it is interrupted, run it again with `force`.
    No server should work on the data meanwhile.
    """
    manifest = check_backup(path)
    with reading(stores.engine) as connection:
        if manifest.revision > backup_sql.revision(connection):
            raise Conflict("The backup was written by a newer Tickcast; update this one first.")
    if force:
        backup_redis.clear_keys(stores.redis)
    elif backup_redis.held_keys(stores.redis) or not backup_sql.is_empty(stores.engine):
        raise Conflict("There is data already; restore with force to replace it.")
    _restore_redis(stores, path)
    _restore_files(stores, path)
    _restore_tables(stores, path, manifest)
    return manifest


def _write_redis(stores: Stores, writer: BackupWriter) -> int:
    seen = set()
    for number, part in enumerate(backup_redis.dump_keys(stores.redis)):
        kind = "dump" if isinstance(part, KeyDump) else "stream"
        writer.add(f"redis/{number:08}.{kind}", msgspec.msgpack.encode(part))
        seen.add(part.key)
    return len(seen)


def _write_tables(connection: Connection, writer: BackupWriter) -> int:
    total = 0
    for table in backup_sql.tables():
        spool, size, rows = backup_sql.dump_table(connection, table)
        with spool:
            writer.add_stream(f"sql/{table.name}.jsonl", spool, size)
        total += rows
    return total


def _restore_redis(stores: Stores, path: Path) -> None:
    restorer = RedisRestorer(stores.redis)
    for name, content in members(path):
        if name.startswith("redis/"):
            kind: type[KeyDump | StreamPage] = KeyDump if name.endswith(".dump") else StreamPage
            restorer.put(msgspec.msgpack.decode(content.read(), type=kind))
    restorer.finish()


def _restore_files(stores: Stores, path: Path) -> None:
    for name, content in members(path):
        kind, _, rest = name.partition("/")
        if kind in ("models", "slot_models", "journal"):
            backup_files.put(stores.data_dir / name, content)
        elif kind == "slots":  # as earlier versions called them
            backup_files.put(stores.data_dir / "slot_models" / rest, content)
        elif name == HEADS:
            stores.heads.set_aside()
            backup_files.put(stores.heads.path, content)


def _restore_tables(stores: Stores, path: Path, manifest: Manifest) -> None:
    with writing(stores.engine) as connection:
        append_only.lift(connection)
        backup_sql.clear_tables(connection)
        if manifest.revision == backup_sql.revision(connection):
            by_name = {f"sql/{table.name}.jsonl": table for table in backup_sql.tables()}
            for name, content in members(path):
                if name in by_name:
                    backup_sql.fill_table(connection, by_name[name], content)
        else:
            with upgraded_records(path, manifest, stores.data_dir) as records:
                for table in backup_sql.tables():
                    with backup_sql.dump_table(records, table)[0] as lines:
                        backup_sql.fill_table(connection, table, lines)
        append_only.enforce(connection)
