"""The part of a backup that comes from SQL: each table as lines of JSON."""

import tempfile
from collections.abc import Iterator
from typing import IO, Any

import msgspec
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, Table, delete, func, insert, select

from storage.accounts.key_changes import key_changes
from storage.database import reading
from storage.tables import access_keys, installation, metadata
from storage.uptime.uptime_tables import uptime_minutes

_ROWS = 500
_SPOOL_BYTES = 8 * 1024 * 1024


def tables() -> list[Table]:
    """Return all tables, those that others refer to first, but those of this place."""
    here = (installation, key_changes)
    return [table for table in metadata.sorted_tables if table not in here]


def revision(connection: Connection) -> str:
    """Return the migration that the database is at."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def is_empty(engine: Engine) -> bool:
    """Say whether there are no records but keys and minutes of uptime, which every start makes."""
    made = (access_keys, uptime_minutes)
    with reading(engine) as connection:
        counts = [select(func.count()).select_from(t) for t in tables() if t not in made]
        return not any(connection.execute(count).scalar() for count in counts)


def dump_table(connection: Connection, table: Table) -> tuple[IO[bytes], int, int]:
    """Return a temporary file with the table's rows, its size, and the number of rows."""
    spool = tempfile.SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115 - the caller closes it
    rows, streamed = 0, connection.execution_options(yield_per=_ROWS)
    for row in streamed.execute(select(table)):
        spool.write(msgspec.json.encode(dict(row._mapping)) + b"\n")
        rows += 1
    size = spool.tell()
    spool.seek(0)
    return spool, size, rows


def clear_tables(connection: Connection) -> None:
    """Delete all rows of all tables."""
    for table in reversed(tables()):
        connection.execute(delete(table))


def fill_table(connection: Connection, table: Table, lines: IO[bytes]) -> None:
    """Insert rows from lines of JSON; a column that the backup did not know has its default."""
    for rows in _batches(lines):
        connection.execute(insert(table), rows)


def _batches(lines: IO[bytes]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for line in lines:
        batch.append(msgspec.json.decode(line, type=dict[str, Any]))
        if len(batch) == _ROWS:
            yield batch
            batch = []
    if batch:
        yield batch
