"""Errors of the broker in our own words."""

from collections.abc import Iterator
from contextlib import contextmanager

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.errors import RedisUnavailable, StorageFull
from storage.redis_breaker import RedisBreaker
from storage.redis_connection import REFUSED_WRITES


@contextmanager
def broker_errors(breaker: RedisBreaker | None = None) -> Iterator[None]:
    """Turn errors of Celery and kombu about availability into `RedisUnavailable` and `StorageFull`.

    A `breaker` refuses at once while it knows that Redis is away, and is told what
    is found out here.
    """
    try:
        if breaker:
            breaker.check()
        yield
    except (OperationalError, RedisError, OSError) as error:
        if any(word in str(error) for word in REFUSED_WRITES):
            raise StorageFull("The queue has no room left; the write was refused.") from error
        if breaker:
            breaker.trip()
        raise RedisUnavailable("The queue does not answer at the moment.") from error
