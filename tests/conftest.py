"""Fixtures that every kind of test shares: settings in a folder of their own, a real Redis."""

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine

from core.settings import SHARED_MEMORY, Settings
from operate.embedded_redis import start_redis, stop_redis
from storage.database import open_database
from storage.redis_connection import connect
from storage.stores import Stores, open_stores
from tests.clocks import SETS_OF_INSTANTS, clock_at
from tests.migrated import lay_tables
from tests.rewritten import rewrite_share
from tests.shared_servers import SharedServers, yield_if_third

# What the tests hold at one time is some hundred megabytes.
MEMORY_BYTES = 4 << 30


def pytest_configure(config: pytest.Config) -> None:
    """Have tests write where syncing costs nothing, if there is room; campaigns measure disks.

    What tests kill are processes: what these wrote stays, synced or not.
    """
    yield_if_third()
    rewrite_share(config)
    if "not slow" in config.option.markexpr and "TMPDIR" not in os.environ and _has_room():
        os.environ["TMPDIR"] = tempfile.tempdir = str(SHARED_MEMORY)


def _has_room() -> bool:
    """Say whether shared memory may grow, and programs may run there."""
    if not SHARED_MEMORY.is_dir():
        return False
    held = os.statvfs(SHARED_MEMORY)
    unused = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    room = min(held.f_bavail * held.f_frsize, unused)
    return room >= MEMORY_BYTES and not held.f_flag & os.ST_NOEXEC


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that `make test-clocks` gives."""
    parser.addoption(
        "--instants", choices=SETS_OF_INSTANTS, default="usual", help="when clock tests are run"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test marked `clock` at the instants asked for; with `once` at the usual, always."""
    marker = metafunc.definition.get_closest_marker("clock")
    if marker:
        wanted = "usual" if marker.kwargs.get("once") else metafunc.config.getoption("--instants")
        metafunc.parametrize("clock", SETS_OF_INSTANTS[wanted], indirect=True)


def pytest_collection_finish() -> None:
    """Have the collector of garbage pass over what all tests stand on: modules, and the tests."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> "SharedServers":
    """Have tests that share a server run in one process, in which it is started once."""
    return SharedServers(config, log)


@pytest.fixture(autouse=True)
def clock(request: pytest.FixtureRequest) -> Iterator[None]:
    """The clock of a test marked `clock`, set to an instant from which it goes on."""
    with clock_at(getattr(request, "param", None)):
        yield


# How long an example takes is the machine's affair; all else stays as hypothesis has it, in CI too.
settings.register_profile(
    "tickcast", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tickcast")

# Every server and worker that a test starts would compile all modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


# What Falcon's test client says in `Host`; schemathesis says testserver.
FALCONS_HOST = "falconframework.org"


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> None:
    """Keep the machine's own TICKCAST_* variables out of every test."""
    for name in [n for n in os.environ if n.startswith("TICKCAST_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def redis_settings() -> Iterator[Settings]:
    """Settings of a data folder whose embedded Redis runs for the whole session."""
    with tempfile.TemporaryDirectory(prefix="tickcast-") as folder:
        settings = Settings(
            data_dir=Path(folder),
            redis_fsync="everysec",
            trusted_hosts=f"{FALCONS_HOST}, testserver",
            address_calls=1_000_000,
            # No test may call the real venue.
            metaapi_urls=dict.fromkeys(("provisioning", "client"), "http://127.0.0.1:9"),
            _env_file=None,
        )
        process = start_redis(settings)
        yield settings
        stop_redis(process)


@pytest.fixture
def redis_client(redis_settings: Settings) -> Iterator["redis.Redis"]:
    """A client of an empty, real Redis with TimeSeries."""
    client = connect(redis_settings.redis_address)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A migrated, empty SQLite database in a folder of its own."""
    engine = open_database(f"sqlite:///{tmp_path / 'tickcast.sqlite3'}")
    lay_tables(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def stores(
    redis_settings: Settings, redis_client: "redis.Redis", tmp_path: Path
) -> Iterator[Stores]:
    """All stores, empty: the session's Redis, SQLite and models in a folder of their own."""
    own = {"data_dir": tmp_path, "redis_url": redis_settings.redis_address}
    stores = open_stores(redis_settings.model_copy(update=own))
    lay_tables(stores.engine)
    yield stores
    stores.close()
