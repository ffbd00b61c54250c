"""The SQL database: opened, migrated, and its errors in our own words."""

import os
import sqlite3
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, TimeoutError  # noqa: A004

from core.errors import (
    Conflict,
    CorruptArtifact,
    DatabaseUnavailable,
    InvalidRequest,
    StorageFull,
    TickcastError,
)

_BUSY_MS = 10_000
# Any constant will do: what serialises migrations on PostgreSQL.
_MIGRATION_LOCK = 7_201_955
_DISK_FULL_STATE = "53100"
_CANCELED_STATE = "57014"
_INTERRUPTED = "interrupted"
# What psycopg2 says of a text that it cannot send.
_NUL = "NUL (0x00)"
# So many of SQLite's instructions take a millisecond or so.
_LOOK_EVERY = 100_000
_NEVER = float("inf")

_engines: "weakref.WeakSet[Engine]" = weakref.WeakSet()


def open_database(url: str, query_s: float | None = None) -> Engine:
    """Return an engine for an SQLAlchemy address; nothing is connected yet.

    SQLite runs in WAL mode with synced commits and enforced foreign keys, and
    its folder is made. A connection is never carried over a fork. A statement that
    takes longer than `query_s`, its rows included, raises `DatabaseUnavailable`; rows
    that are streamed (`yield_per`) may: whoever reads them works on each.
    """
    address = make_url(url)
    sqlite = address.get_backend_name() == "sqlite"
    if sqlite and address.database:
        with suppress(OSError):  # connecting will say that it cannot be opened
            Path(address.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(
        address,
        pool_pre_ping=not sqlite,
        json_serializer=_to_json,
        json_deserializer=msgspec.json.decode,
    )
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    if query_s is not None:
        (_bound_sqlite if sqlite else _bound_postgresql)(engine, query_s)
    _engines.add(engine)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that only reads: one snapshot, no lock on writers."""
    with database_errors(), _snapshots(engine).connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that writes; commits at the end, rolls back on an error.

    On SQLite the write lock is taken at the start, so that a transaction which
    reads first never fails halfway for another writer's sake.
    """
    with (
        database_errors(),
        engine.connect().execution_options(tickcast_write=True) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn errors about availability into ours; mistakes in statements pass as faults.

    A text with NUL, which PostgreSQL cannot hold, is the caller's: `InvalidRequest`.
    """
    try:
        yield
    except TimeoutError as error:
        raise DatabaseUnavailable("The database has no free connection at the moment.") from error
    except sqlite3.DatabaseError as error:  # from preparing a connection
        raise _of_sqlite(error) from error
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.DatabaseError) and _is_corrupt(error.orig):
            raise _of_sqlite(error.orig) from error
        if _was_too_long(error.orig):
            raise DatabaseUnavailable("The query took too long; ask for less.") from error
        if _is_full(error.orig):
            raise StorageFull("The disk is full; the write was refused.") from error
        if type(error.orig).__name__ in ("OperationalError", "InterfaceError"):
            raise DatabaseUnavailable("The database does not answer at the moment.") from error
        raise
    except ValueError as error:
        if _NUL not in str(error):
            raise
        raise InvalidRequest("No text may hold the character NUL.") from error


def lock_table(connection: Connection, table: Table) -> None:
    """Let nobody else write to a table until the transaction ends, as on SQLite nobody can."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))


def bound_idleness(connection: Connection, limit_ms: int) -> None:
    """Have PostgreSQL end the transaction, and with it its locks, once its client stands still."""
    if connection.dialect.name == "postgresql":
        setting = "SET LOCAL idle_in_transaction_session_timeout"
        connection.execute(text(f"{setting} = {limit_ms}"))


def migrate(engine: Engine, data_dir: Path = Path(), revision: str = "head") -> None:
    """Bring the tables to the newest version, or to `revision`.

    Two that start at once wait for each other. `data_dir` is where models go that
    earlier versions held in SQL.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script.revision import ResolutionError
    from alembic.util import CommandError

    config = Config(attributes={})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("recursive_version_locations", "true")
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
        config.attributes |= {"connection": connection, "data_dir": data_dir}
        try:
            command.upgrade(config, revision)
        except CommandError as error:
            if isinstance(error.__cause__, ResolutionError):
                raise Conflict(
                    "The records were written by a newer Tickcast; install that one, "
                    "or restore a backup of this one."
                ) from error
            raise


def shorten_log(engine: Engine) -> None:
    """Write SQLite's log into its database and cut it, as far as readers allow; else nothing."""
    if engine.dialect.name != "sqlite":
        return
    with database_errors(), engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _snapshots(engine: Engine) -> Engine:
    """Return the engine such that all reads of a transaction see one state."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")


def _to_json(value: object) -> str:
    # NaN and infinity become null, which PostgreSQL and every reader of JSON accept.
    return msgspec.json.encode(value).decode()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself: `_begin_sqlite` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    for setting in (
        f"busy_timeout = {_BUSY_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("tickcast_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _bound_postgresql(engine: Engine, seconds: float) -> None:
    """Have PostgreSQL end statements itself."""

    def say_how_long(connection: Any, record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {round(seconds * 1_000)}")
        connection.commit()

    event.listen(engine, "connect", say_how_long)


def _bound_sqlite(engine: Engine, seconds: float) -> None:
    """Have SQLite look at the clock while it works."""

    def look_at_the_clock(connection: Any, record: Any) -> None:
        info = record.info
        info["ends"] = _NEVER
        connection.set_progress_handler(lambda: time.monotonic() > info["ends"], _LOOK_EVERY)

    def begin(connection: Connection, *others: Any) -> None:
        *_, context, _many = others
        streamed = context.execution_options.get("yield_per")
        connection.info["ends"] = _NEVER if streamed else time.monotonic() + seconds

    event.listen(engine, "connect", look_at_the_clock)
    event.listen(engine, "before_cursor_execute", begin)


def _was_too_long(error: BaseException | None) -> bool:
    return str(error) == _INTERRUPTED or getattr(error, "pgcode", None) == _CANCELED_STATE


def _is_corrupt(error: sqlite3.DatabaseError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _of_sqlite(error: sqlite3.DatabaseError) -> TickcastError:
    if _is_corrupt(error):
        return CorruptArtifact(
            "The file of the SQL database is damaged; move it away and restore a backup: "
            "tickcast restore FILE --force."
        )
    if _is_full(error):
        return StorageFull("The disk is full; the write was refused.")
    return DatabaseUnavailable("The database does not answer at the moment.")


def _is_full(error: BaseException | None) -> bool:
    return (
        "disk is full" in str(error)
        or getattr(error, "pgcode", None) == _DISK_FULL_STATE
        or "No space left" in str(error)
    )


def _forget_connections() -> None:
    for engine in _engines:
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections)
