"""Requests of the last minute, of all api processes together."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from api.http.request_metrics import RequestMetrics, Totals
from api.http.threads import in_work_thread

WINDOW_S = 60.0
_SAMPLE_S = 10.0


class Rates(NamedTuple):
    """Requests in the last minute, their mean latency (ms), and the share that failed (%)."""

    requests: float
    latency_ms: float
    errors_percent: float


class RequestRates:
    """Middleware that notes the totals every 10 s, so that a minute can be told from them."""

    def __init__(
        self, metrics: RequestMetrics, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._metrics = metrics
        self._clock = clock
        self._samples: deque[tuple[float, Totals]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def process_startup(self, scope: object, event: object) -> None:
        """Begin to take samples (ASGI lifespan)."""
        self.note(await in_work_thread(self._metrics.totals))
        self._task = asyncio.get_running_loop().create_task(self._sample())

    async def process_shutdown(self, scope: object, event: object) -> None:
        """Take no more samples (ASGI lifespan)."""
        if self._task:
            self._task.cancel()

    def note(self, totals: Totals) -> None:
        """Remember the totals of now; those that no minute needs any more are dropped."""
        now = self._clock()
        self._samples.append((now, totals))
        while len(self._samples) > 1 and self._samples[1][0] <= now - WINDOW_S:
            self._samples.popleft()

    async def last_minute(self) -> Rates:
        """Return the rates since a minute ago, or since the start if that is later."""
        return self.since_first(await in_work_thread(self._metrics.totals))

    def since_first(self, now: Totals) -> Rates:
        """Return the rates between the oldest sample kept and `now`."""
        began, first = self._samples[0] if self._samples else (self._clock(), Totals(0, 0, 0.0))
        requests = max(0, now.requests - first.requests)
        seconds, errors = now.seconds - first.seconds, now.errors - first.errors
        # The oldest sample may be some seconds older than a minute.
        minutes = max(1.0, (self._clock() - began) / WINDOW_S)
        each = max(1, requests)
        return Rates(requests / minutes, 1_000 * seconds / each, 100 * errors / each)

    async def _sample(self) -> None:
        while True:
            await asyncio.sleep(_SAMPLE_S)
            self.note(await in_work_thread(self._metrics.totals))
