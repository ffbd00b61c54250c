"""Change keys that others write too: read, decide, and start again if anyone was quicker."""

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

import redis

from core.errors import RedisUnavailable
from storage.redis_connection import redis_errors

T = TypeVar("T")

TIMEOUT_S = 5.0


def until_undisturbed(
    attempt: Callable[[], T],
    also: tuple[type[Exception], ...] = (),
    timeout_s: float = TIMEOUT_S,
) -> T:
    """Return what `attempt` does, done again as long as others write the keys that it watches.

    It raises `redis.WatchError` then; errors of the kinds `also` have it done again,
    too. Raises `RedisUnavailable` after `timeout_s`.
    """
    again: tuple[type[Exception], ...] = (redis.WatchError, *also)
    deadline, tries = time.monotonic() + timeout_s, 0
    with redis_errors():
        while True:
            try:
                return attempt()
            except again as error:
                if time.monotonic() > deadline:
                    detail = "Too many writers at once; try again."
                    raise RedisUnavailable(detail) from error
                tries += 1
                # At random, or writers that met once would meet again.
                time.sleep(random.uniform(0, 0.002 * min(tries, 25)))  # noqa: S311


def optimistic(client: Any, watched: list[str], change: Callable[[Any], int]) -> int:
    """Run `change` in a transaction that fails if anyone writes a watched key meanwhile.

    `change` reads, calls `multi` on the pipeline and queues its commands; it is
    called again after a failure. Returns what it returned.
    """

    def attempt() -> int:
        with client.pipeline() as pipe:
            pipe.watch(*watched)
            changed = change(pipe)
            pipe.execute()
            return changed

    return until_undisturbed(attempt)
