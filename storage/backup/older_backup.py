"""SQL records of a backup that an earlier version wrote, brought to the tables of this one."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, MetaData

from storage.backup import backup_sql
from storage.backup.backup_file import Manifest, members
from storage.database import migrate, open_database, reading, writing
from storage.ledger import append_only


@contextmanager
def upgraded_records(path: Path, manifest: Manifest, data_dir: Path) -> Iterator[Connection]:
    """Give a database of its own with the backup's records, migrated to the newest version.

    Models that the records hold are written below `data_dir`.
    """
    with tempfile.TemporaryDirectory(prefix="tickcast-restore-") as folder:
        engine = open_database(f"sqlite:///{Path(folder) / 'records.sqlite3'}")
        try:
            migrate(engine, data_dir, manifest.revision)
            with writing(engine) as connection:
                _fill(connection, path)
            migrate(engine, data_dir)
            with reading(engine) as connection:
                yield connection
        finally:
            engine.dispose()


def _fill(connection: Connection, path: Path) -> None:
    known = MetaData()
    known.reflect(connection)
    by_name = {f"sql/{name}.jsonl": table for name, table in known.tables.items()}
    append_only.lift(connection)
    for name, content in members(path):
        if name in by_name:
            backup_sql.fill_table(connection, by_name[name], content)
    append_only.enforce(connection)
