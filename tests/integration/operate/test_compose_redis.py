"""The Redis user of docker-compose.yml may do all that Tickcast does, and no harm."""

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import yaml
from limits import RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import NoPermissionError

from core.settings import Settings
from operate.embedded_redis import server_command
from operate.readiness import check_redis
from tasks.celery_app import make_celery

COMPOSE = Path(__file__).parents[3] / "docker-compose.yml"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Redis that was started with compose's own options."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("c"), _env_file=None)
    options = yaml.safe_load(COMPOSE.read_text())["services"]["redis"]["command"]
    options = [re.sub(r"\$\{TICKCAST_REDIS_PASSWORD.*?\}", "secret", part) for part in options]
    command, environment = server_command(settings)
    process = subprocess.Popen([*command, *options[1:]], env=environment, stdout=-3, stderr=-3)
    address = f"unix://tickcast:secret@{settings.redis_socket}"
    _wait_for(redis.Redis.from_url(address))
    yield address
    process.terminate()
    process.wait(10)


def _wait_for(client: "redis.Redis") -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            client.ping()
            return
        except redis.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.mark.parametrize(
    "command",
    [
        "CONFIG GET *",
        "FLUSHALL",
        "FLUSHDB",
        "KEYS *",
        "SHUTDOWN",
        "ACL LIST",
        "REPLICAOF NO ONE",
        "MIGRATE h 1 k 0 1",
        "FUNCTION LIST",
        "SORT a STORE b",
        "SCRIPT FLUSH",
        "MODULE LIST",
    ],
)
def test_the_user_may_not(address: str, command: str) -> None:
    with redis.Redis.from_url(address) as client, pytest.raises(NoPermissionError):
        client.execute_command(*command.split())


def test_nobody_may_do_anything_without_the_password(address: str) -> None:
    without = address.replace("tickcast:secret@", "")
    with redis.Redis.from_url(without) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_the_user_may_store_time_series_and_dump_and_restore_them(address: str) -> None:
    with redis.Redis.from_url(address) as client:
        client.execute_command("TS.ADD", "ts:a", 1, 2.5)
        dump = client.dump("ts:a")
        assert isinstance(dump, bytes)
        client.restore("ts:b", 0, dump)
        assert client.execute_command("TS.GET", "ts:b") == [1, 2.5]
        assert set(client.scan_iter("ts:*")) == {b"ts:a", b"ts:b"}


def test_the_user_may_be_asked_whether_it_is_suitable_and_count_calls(address: str) -> None:
    with redis.Redis.from_url(address) as client:
        check_redis(client, Settings(_env_file=None))
        limiter = MovingWindowRateLimiter(
            RedisStorage("redis://", connection_pool=client.connection_pool)
        )
        assert limiter.hit(RateLimitItemPerMinute(1), "a")
        assert not limiter.hit(RateLimitItemPerMinute(1), "a")


def test_the_user_may_do_what_celery_does(address: str) -> None:
    app = make_celery(address.replace("unix://", "redis+socket://"))
    with app.connection_for_write() as connection, connection.SimpleQueue("try") as queue:
        queue.put({"n": 1})
        message = queue.get(timeout=5)
        message.ack()
    assert message.payload == {"n": 1}
