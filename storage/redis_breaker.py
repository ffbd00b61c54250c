"""Knows while Redis is away, so that no caller waits to find it out again."""

import threading
import time
from typing import Any

import redis
import structlog
from redis.exceptions import (
    ConnectionError,  # noqa: A004
    RedisError,
    TimeoutError,  # noqa: A004
)

from core.errors import RedisUnavailable

log = structlog.get_logger("storage")

_PROBE_SECONDS = 0.1
_PATIENCE_SECONDS = 1.0


class RedisBreaker:
    """Opens when a call was not answered in time; closes when Redis answers again.

    A thread of its own asks, as long as it is open. One slow command opens it for
    a moment only, since Redis answers what comes behind it.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._open = False

    @property
    def away(self) -> bool:
        """Whether Redis did not answer when last asked."""
        return self._open

    def check(self) -> None:
        """Raise redis-py's `ConnectionError` at once while Redis is away."""
        if self._open:
            raise ConnectionError("Redis is known to be away.")

    def refuse(self) -> None:
        """Raise `RedisUnavailable` at once while Redis is away."""
        if self._open:
            raise RedisUnavailable("Redis does not answer at the moment.")

    def trip(self) -> None:
        """Note that Redis did not answer."""
        with self._lock:
            if self._open:
                return
            self._open = True
        log.warning("redis is away")
        threading.Thread(target=self._probe, name="redis-probe", daemon=True).start()

    def _probe(self) -> None:
        client = redis.Redis.from_url(
            self._url,
            protocol=2,
            socket_timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=_PATIENCE_SECONDS,
        )
        while True:
            try:
                # Not PING, which a Redis that cannot write refuses though it reads.
                client.echo("")
                break
            except (RedisError, OSError):
                time.sleep(_PROBE_SECONDS)
        client.close()
        self._open = False
        log.info("redis answers again")


def watched_by(breaker: RedisBreaker, kind: type[Any]) -> type[Any]:
    """Return a class of redis-py connections whose silence opens `breaker`.

    While it is open, a connection fails before it is used.
    """

    class Watched(kind):  # type: ignore[misc]
        def connect(self) -> None:
            breaker.check()
            try:
                super().connect()
            except (ConnectionError, TimeoutError):
                breaker.trip()
                raise

        def read_response(self, *args: Any, **kwargs: Any) -> Any:
            try:
                return super().read_response(*args, **kwargs)
            except TimeoutError:
                breaker.trip()
                raise

    return Watched
