"""Fixtures that every kind of test shares: settings in a folder of their own, a real Redis."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from core.settings import Settings
from storage.embedded_redis import start_redis, stop_redis
from storage.redis_connection import connect


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> None:
    """Keep the machine's own TICKCAST_* variables out of every test."""
    for name in [n for n in os.environ if n.startswith("TICKCAST_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def redis_settings() -> Iterator[Settings]:
    """Settings of a data folder whose embedded Redis runs for the whole session."""
    with tempfile.TemporaryDirectory(prefix="tickcast-") as folder:
        settings = Settings(data_dir=Path(folder), redis_fsync="everysec", _env_file=None)
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
