"""Change keys that others write too: read, decide, and start again if anyone was quicker."""

import time
from collections.abc import Callable
from typing import Any

import redis

from core.errors import RedisUnavailable
from storage.redis_connection import redis_errors

_TRIES = 50


def optimistic(client: Any, watched: list[str], change: Callable[[Any], int]) -> int:
    """Run `change` in a transaction that fails if anyone writes a watched key meanwhile.

    `change` reads, calls `multi` on the pipeline and queues its commands; it is
    called again after a failure. Returns what it returned.
    """
    with redis_errors():
        for attempt in range(_TRIES):
            with client.pipeline() as pipe:
                try:
                    pipe.watch(*watched)
                    changed = change(pipe)
                    pipe.execute()
                    return changed
                except redis.WatchError:
                    time.sleep(0.002 * min(attempt + 1, 25))
    raise RedisUnavailable("Too many writers of one symbol at once; try again.")
