"""A Redis that somebody else set up is looked at before anything is trusted to it."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from core.settings import Settings
from operate.embedded_redis import server_command
from operate.readiness import UnsuitableRedis, check_redis
from storage.redis_checks import unsafe_settings
from storage.redis_connection import connect

Start = Callable[..., tuple[Settings, "redis.Redis"]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a Redis whose options differ from those of the embedded one."""
    settings = Settings(data_dir=tmp_path / "data", _env_file=None)
    with ExitStack() as stack:

        def start(*options: str, series: bool = True) -> tuple[Settings, "redis.Redis"]:
            command, environment = server_command(settings)
            if not series:
                del command[command.index("--loadmodule") :]
            process = subprocess.Popen(
                [*command, *options],
                env=environment,
                stdout=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            client = stack.enter_context(connect(settings.redis_address))
            for _ in range(200):
                if settings.redis_socket.exists():
                    break
                time.sleep(0.05)
            return settings, client

        yield start


def test_the_embedded_one_is_suitable(start: Start) -> None:
    settings, client = start()
    check_redis(client, settings)
    assert unsafe_settings(client) == []


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--maxmemory-policy", "allkeys-lru"), "noeviction"),
        (("--maxmemory-policy", "volatile-ttl"), "noeviction"),
        (("--appendonly", "no"), "appendonly yes"),
    ],
)
def test_one_that_may_lose_data_is_refused_in_a_sentence_unless_that_is_wanted(
    start: Start, options: tuple[str, ...], named: str
) -> None:
    settings, client = start(*options)
    with pytest.raises(UnsuitableRedis, match=named):
        check_redis(client, settings)
    check_redis(client, settings.model_copy(update={"redis_unsafe": True}))


def test_one_without_time_series_is_refused_whatever_is_wanted(start: Start) -> None:
    settings, client = start(series=False)
    with pytest.raises(UnsuitableRedis, match="TimeSeries"):
        check_redis(client, settings.model_copy(update={"redis_unsafe": True}))


def test_one_that_does_not_say_is_not_believed(start: Start) -> None:
    settings, client = start()
    client.execute_command("ACL", "SETUSER", "default", "-info")  # type: ignore[no-untyped-call]
    with pytest.raises(UnsuitableRedis, match="INFO"):
        check_redis(client, settings)
