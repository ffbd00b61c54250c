"""How often an address may call without a valid key."""

import time
from collections import Counter
from collections.abc import Callable

from core.errors import TooManyRequests

_WINDOW_SECONDS = 60.0
_ADDRESSES_LIMIT = 10_000


class AddressCalls:
    """Counts the calls of each address in this process, minute by minute.

    In memory and not in Redis, so that whoever has no key cannot keep Redis busy.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._began = clock()
        self._calls: Counter[str] = Counter()

    def count(self, address: str) -> None:
        """Count one call; raises `TooManyRequests` when the address had its share."""
        now = self._clock()
        if now - self._began >= _WINDOW_SECONDS or len(self._calls) >= _ADDRESSES_LIMIT:
            self._began = now
            self._calls.clear()
        self._calls[address] += 1
        if self._calls[address] > self._per_minute:
            left = self._began + _WINDOW_SECONDS - now
            raise TooManyRequests(
                f"An address may call {self._per_minute} times a minute without a valid key.",
                retry_after=max(1, round(left)),
            )
