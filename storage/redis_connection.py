"""Connections to Redis, and its errors in our own words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import hiredis
import redis
from redis import DriverInfo
from redis.backoff import ConstantBackoff, ExponentialBackoff
from redis.exceptions import (
    BusyLoadingError,
    ConnectionError,  # noqa: A004
    DataError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,  # noqa: A004
)
from redis.retry import Retry

from core.errors import RedisUnavailable, StorageFull
from storage.redis_breaker import RedisBreaker, watched_by

# What Redis answers to a write when memory or the disk under the append-only file is full.
REFUSED_WRITES = ("OOM", "MISCONF")
# A caller learns within 2 s that Redis hangs.
REQUEST_SECONDS = 1.0


class CommandPacker:
    """Packs commands as redis-py's own does, without its look at every argument in Python.

    A command of a batch of trades has thousands, each of which hiredis looks at anyway.
    """

    def pack(self, *args: Any) -> list[bytes]:
        """Return a command as bytes; its name may be of two words. Raises `DataError`."""
        name = args[0].encode() if isinstance(args[0], str) else args[0]
        try:
            return [hiredis.pack_command((*name.split(), *args[1:]))]
        except TypeError as error:
            raise DataError(str(error)) from error


# What redis-py says of itself; left to it, it reads its package's files at every connection.
_DRIVER = DriverInfo()
_PACKER = CommandPacker()


def connect(url: str, *, timeout: float = 10, retries: int = 2) -> "redis.Redis":
    """Return a client of a pool: RESP2 through hiredis (faster than RESP3 on ranges).

    Replies stay bytes. A command is repeated at most `retries` times after a
    lost connection; every write of ours may be repeated without harm.
    """
    return redis.Redis.from_url(
        url,
        protocol=2,
        driver_info=_DRIVER,
        command_packer=_PACKER,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), retries),
        retry_on_error=[BusyLoadingError],
    )


def connect_for_requests(url: str, breaker: RedisBreaker) -> "redis.Redis":
    """Return a client for what a caller waits for: quick to say that Redis is away.

    A command is repeated once after a lost connection, never after silence.
    """
    pool = redis.ConnectionPool.from_url(
        url,
        protocol=2,
        driver_info=_DRIVER,
        command_packer=_PACKER,
        socket_timeout=REQUEST_SECONDS,
        socket_connect_timeout=REQUEST_SECONDS,
        retry=Retry(ConstantBackoff(0), 1, supported_errors=(ConnectionError,)),
    )
    pool.connection_class = watched_by(breaker, pool.connection_class)
    return redis.Redis.from_pool(pool)


@contextmanager
def redis_errors() -> Iterator[None]:
    """Turn redis-py's errors about availability into ours; others pass as faults."""
    try:
        yield
    except OutOfMemoryError as error:
        raise StorageFull("Redis has no memory left; the write was refused.") from error
    except (ConnectionError, TimeoutError, BusyLoadingError, ReadOnlyError) as error:
        raise RedisUnavailable("Redis does not answer at the moment.") from error
    except ResponseError as error:
        # In a pipeline the message begins with the command that caused it.
        if str(error).rpartition("caused error: ")[2].startswith(REFUSED_WRITES):
            raise StorageFull("Redis has no room left; the write was refused.") from error
        raise
