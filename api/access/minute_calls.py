"""How often somebody called within a minute, counted in this process alone."""

import time
from collections import Counter
from collections.abc import Callable

from core.errors import TooManyRequests

_WINDOW_SECONDS = 60.0
_NAMES_LIMIT = 10_000


class MinuteCalls:
    """Counts calls by name, an address or a key, minute by minute.

    In memory and not in Redis, so that it costs nothing, and holds while Redis is away.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._calls: Counter[str] = Counter()

    def count(self, name: str, limit: int, sentence: str) -> None:
        """Count one call; raises `TooManyRequests` with the sentence beyond the limit."""
        now = self._clock()
        if now - self._began >= _WINDOW_SECONDS or len(self._calls) >= _NAMES_LIMIT:
            self._began = now
            self._calls.clear()
        self._calls[name] += 1
        if self._calls[name] > limit:
            left = self._began + _WINDOW_SECONDS - now
            raise TooManyRequests(sentence, retry_after=max(1, round(left)))
