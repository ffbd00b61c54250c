"""The SQL database is migrated once, fenced while written, and says when it cannot serve."""

import os
import threading
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from core.errors import DatabaseUnavailable, StorageFull
from storage.database import migrate, open_database, reading, writing
from storage.tables import metadata, watches

WATCH = {"platform": "coinbase", "symbol": "BTC-USD", "resolution": 60, "created_at": 1}


def test_the_migrations_make_the_tables_that_the_code_knows(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(watches).values(WATCH))
    migrate(engine)
    with reading(engine) as connection:
        assert len(connection.execute(select(watches)).all()) == 1


def test_two_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    engines = [open_database(f"sqlite:///{tmp_path / 'new' / 'x.sqlite3'}") for _ in range(4)]
    problems: list[Exception] = []

    def run(engine: Engine) -> None:
        try:
            migrate(engine)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=run, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert "jobs" in inspect(engines[0]).get_table_names()


def test_sqlite_is_set_up_for_several_processes(engine: Engine) -> None:
    with engine.connect() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert values == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }


def test_an_error_rolls_the_transaction_back(engine: Engine) -> None:
    def write_and_stumble() -> None:
        with writing(engine) as connection:
            connection.execute(insert(watches).values(WATCH))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_stumble()
    with reading(engine) as connection:
        assert connection.execute(select(watches)).all() == []


def test_a_reader_sees_one_state_while_another_writes(engine: Engine) -> None:
    with reading(engine) as reader:
        assert reader.execute(select(watches)).all() == []
        with writing(engine) as writer:
            writer.execute(insert(watches).values(WATCH))
        assert reader.execute(select(watches)).all() == []


def test_a_database_that_stays_locked_is_unavailable(engine: Engine) -> None:
    other = open_database(str(engine.url))
    with other.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    with writing(engine), pytest.raises(DatabaseUnavailable), writing(other):
        pass


def test_a_full_disk_is_storage_full(engine: Engine) -> None:
    def fill() -> None:
        with writing(engine) as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            rows = [WATCH | {"resolution": n} for n in range(10_000)]
            connection.execute(insert(watches), rows)

    with pytest.raises(StorageFull):
        fill()


def test_a_database_survives_a_fork(engine: Engine) -> None:
    with reading(engine) as connection:
        before = id(connection.connection.dbapi_connection)
    child = os.fork()
    if child == 0:
        with reading(engine) as connection:
            os._exit(int(id(connection.connection.dbapi_connection) == before))
    assert os.waitpid(child, 0)[1] == 0


def test_a_mistake_in_a_statement_is_no_lack_of_availability(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(watches).values(WATCH))
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(insert(watches).values(WATCH))


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    engine = open_database(f"sqlite:///{tmp_path / 'file' / 'x.sqlite3'}")
    with pytest.raises(DatabaseUnavailable), reading(engine):
        pass


ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT {} FROM n"


@pytest.mark.parametrize("wanted", ["max(x)", "x"], ids=["at once", "row by row"])
def test_a_statement_ends_when_its_time_is_over_and_the_next_is_answered(
    tmp_path: Path, wanted: str
) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'x.sqlite3'}", query_s=0.3)
    with pytest.raises(DatabaseUnavailable, match="too long"), reading(engine) as connection:
        for _ in connection.execute(text(ENDLESS.format(wanted))):
            pass
    with reading(engine) as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    engine.dispose()


def test_rows_that_are_streamed_may_take_longer(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'x.sqlite3'}", query_s=0.01)
    with reading(engine) as connection:
        streamed = connection.execution_options(yield_per=10).execute(text(ENDLESS.format("x")))
        until = time.monotonic() + 0.1
        for _ in streamed:
            if time.monotonic() > until:
                break
        streamed.close()
    engine.dispose()
