"""New databases with all tables, for tests that do not ask how these came there."""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from storage.database import migrate, open_database


def lay_tables(engine: Engine) -> None:
    """Bring an SQLite database to the newest version, as `migrate` does.

    All migrations take half a second, and most tests need their outcome only: what they
    make of nothing is made once in a process, and copied to where there is no file yet.
    """
    path = Path(str(engine.url.database))
    if path.exists():
        migrate(engine)
    else:
        path.write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory(prefix="tickcast-") as folder:
        file = Path(folder) / "tickcast.sqlite3"
        engine = open_database(f"sqlite:///{file}")
        migrate(engine)
        engine.dispose()  # the last connection writes SQLite's log into the file
        assert not file.with_name(f"{file.name}-wal").exists()
        return file.read_bytes()
