"""Locks between processes: in Redis for work, on a file for what lies beside it."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import redis
from redis.exceptions import LockError

from storage.redis_connection import redis_errors

_PAUSE_S = 0.005


@contextmanager
def turn(client: "redis.Redis", name: str, timeout_s: float) -> Iterator[bool]:
    """Hold a lock in Redis, for `timeout_s` at most; gives False if somebody else has it."""
    lock = client.lock(name, timeout=timeout_s, blocking=False)
    with redis_errors():
        mine = lock.acquire()
    try:
        yield mine
    finally:
        if mine:
            with suppress(LockError), redis_errors():
                lock.release()


def lock_file(descriptor: int, timeout_s: float) -> bool:
    """Lock an open file until it is closed; False if another has it for longer than `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_PAUSE_S)
