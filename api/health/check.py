"""A check of a part that may be away, or hang."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from core.errors import Unavailable

log = structlog.get_logger("api")

T = TypeVar("T")

# What has not answered for so long is away (s).
TIMEOUT_S = 1.5
# An answer this old (s) will do for the next caller.
FRESH_S = 0.5


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What a part said, None if it is away, and how long that took."""

    value: T | None
    milliseconds: float


class Check(Generic[T]):
    """Asks at most one thread at a time, however many callers want to know.

    A part that hangs so holds one thread and no more; its callers learn after
    `timeout` that it is away, and at once as long as the thread still hangs.
    """

    def __init__(
        self,
        ask: Callable[[], T],
        pool: ThreadPoolExecutor,
        timeout: float = TIMEOUT_S,
        fresh: float = FRESH_S,
    ) -> None:
        self._ask = ask
        self._pool = pool
        self._timeout = timeout
        self._fresh = fresh
        self._running: Future[Answer[T]] | None = None
        self._began = float("-inf")
        self._last: tuple[float, Answer[T]] = float("-inf"), Answer(None, 0.0)

    async def answer(self) -> Answer[T]:
        """Return what the part says now, or said a moment ago."""
        now = time.monotonic()
        ended, last = self._last
        if now - ended < self._fresh:
            return last
        if self._running is None or self._running.done():
            self._began, self._running = now, self._pool.submit(self._timed)
        running = asyncio.wrap_future(self._running)
        left = self._began + self._timeout - now
        # Unlike wait_for this cancels nothing: others wait for the same answer.
        await asyncio.wait({running}, timeout=max(left, 0))
        if not running.done():
            return Answer(None, 1_000 * (time.monotonic() - self._began))
        return running.result()

    def _timed(self) -> Answer[T]:
        began = time.perf_counter()
        value: T | None = None
        try:
            value = self._ask()
        except Unavailable:
            pass
        except Exception:
            log.exception("a check failed")
        answer = Answer(value, 1_000 * (time.perf_counter() - began))
        self._last = time.monotonic(), answer
        return answer
