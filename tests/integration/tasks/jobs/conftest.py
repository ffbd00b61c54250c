"""Installations to run tasks in; see `workbench`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from core.settings import Settings
from tasks.task_table import FETCH, QUEUE_OF
from tests.integration.tasks.jobs.workbench import ODD_NAMES, OwnRedis, Workbench


@pytest.fixture(autouse=True)
def _odd_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ODD_NAMES:
        monkeypatch.setitem(QUEUE_OF, name, FETCH)


@pytest.fixture
def bench(
    redis_settings: Settings, redis_client: "redis.Redis", tmp_path: Path
) -> Iterator[Workbench]:
    """An installation on the session's Redis, emptied."""
    own = {"data_dir": tmp_path, "redis_url": redis_settings.redis_address}
    bench = Workbench(redis_settings.model_copy(update=own))
    yield bench
    bench.close()


@pytest.fixture(scope="module")
def served(
    redis_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workbench]:
    """An installation with a worker that all tests of a module share."""
    folder = tmp_path_factory.mktemp("served")
    own = {"data_dir": folder, "redis_url": redis_settings.redis_address}
    bench = Workbench(redis_settings.model_copy(update=own))
    bench.stores.redis.flushall()
    bench.worker()
    yield bench
    bench.close()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """A Redis of this test alone."""
    own = OwnRedis(Settings(data_dir=tmp_path / "own", _env_file=None))
    yield own
    own.stop()


@pytest.fixture
def own_bench(own_redis: OwnRedis) -> Iterator[Workbench]:
    """An installation on a Redis that the test may kill."""
    bench = Workbench(own_redis.settings)
    yield bench
    bench.close()
