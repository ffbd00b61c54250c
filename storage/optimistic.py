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
# After so many attempts that others spoiled, those are asked to wait: so long (ms) at most.
_PATIENT_TRIES = 2
_WAY_MS = 400


class GiveWay(Exception):
    """Raised by who finds that another has the right of way."""


class RightOfWay:
    """What a long change asks for where short ones follow each other without a pause.

    Who writes often looks whether `name` exists, and raises `GiveWay` if so.
    """

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name
        self._asked = False

    def ask(self) -> None:
        """Have others wait, for 400 ms at most."""
        self._asked = True
        self._client.set(self._name, 1, px=_WAY_MS)

    def give_back(self) -> None:
        """Let others go on."""
        if self._asked:
            self._client.delete(self._name)


def until_undisturbed(
    attempt: Callable[[], T],
    also: tuple[type[Exception], ...] = (),
    timeout_s: float = TIMEOUT_S,
    way: RightOfWay | None = None,
) -> T:
    """Return what `attempt` does, done again as long as others write the keys that it watches.

    It raises `redis.WatchError` or `GiveWay` then; errors of the kinds `also` have it done
    again, too. With a `way` others are asked to wait after a few attempts. Raises
    `RedisUnavailable` after `timeout_s`.
    """
    again: tuple[type[Exception], ...] = (redis.WatchError, GiveWay, *also)
    deadline, tries = time.monotonic() + timeout_s, 0
    with redis_errors():
        try:
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
                    if way and tries >= _PATIENT_TRIES:
                        way.ask()
        finally:
            if way:
                way.give_back()


def optimistic(
    client: Any,
    watched: list[str],
    change: Callable[[Any], int],
    way: RightOfWay | None = None,
) -> int:
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

    return until_undisturbed(attempt, way=way)
