"""A real PostgreSQL for whoever asks for it; tests of it are skipped where none is installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine, create_engine, text

from core.settings import Settings
from storage.database import migrate, open_database
from storage.stores import Stores, open_stores

_MIGRATED, _OF_TEST = "migrated", "of_test"


def _command(folder: Path, *words: str) -> None:
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.getuid() == 0 else None
    subprocess.run(words, cwd=folder, user=user, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL of our own, on a unix socket only, without its database."""
    if not shutil.which("initdb") or not shutil.which("pg_ctl"):
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="tickcast-pg-") as name:
        folder = Path(name)
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        data, options = str(folder / "data"), f"-k {folder} -c listen_addresses= -c fsync=off"
        _command(folder, "initdb", "-D", data, "-U", "tick", "-A", "trust", "--no-sync")
        _command(folder, "pg_ctl", "-D", data, "-w", "-o", options, "-l", f"{folder}/log", "start")
        try:
            yield f"postgresql+psycopg2://tick@/{{}}?host={folder}"
        finally:
            _command(folder, "pg_ctl", "-D", data, "-m", "immediate", "stop")


@pytest.fixture(scope="session")
def _migrated(postgresql_server: str) -> None:
    """Make a database with all tables, of which every test gets a copy."""
    _run(postgresql_server, f"CREATE DATABASE {_MIGRATED}")
    engine = open_database(postgresql_server.format(_MIGRATED))
    migrate(engine)
    engine.dispose()


@pytest.fixture
def postgresql(postgresql_server: str, _migrated: None) -> Iterator[Engine]:
    """A migrated, empty database."""
    _run(
        postgresql_server,
        f"DROP DATABASE IF EXISTS {_OF_TEST} WITH (FORCE)",
        f"CREATE DATABASE {_OF_TEST} TEMPLATE {_MIGRATED}",
    )
    engine = open_database(postgresql_server.format(_OF_TEST))
    yield engine
    engine.dispose()


@pytest.fixture
def postgresql_stores(
    redis_settings: Settings, redis_client: "redis.Redis", tmp_path: Path, postgresql: Engine
) -> Iterator[Stores]:
    """All stores, empty, with PostgreSQL in the place of SQLite."""
    own = {
        "data_dir": tmp_path,
        "redis_url": redis_settings.redis_address,
        "database_url": postgresql.url.render_as_string(),
    }
    stores = open_stores(redis_settings.model_copy(update=own))
    yield stores
    stores.close()


def _run(server: str, *commands: str) -> None:
    engine = create_engine(server.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for command in commands:
            connection.execute(text(command))
    engine.dispose()
