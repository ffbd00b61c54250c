"""Counts of requests, by route and status, for Prometheus, and what they were in the last minute.

Where processes share their counts (`core.process.shared_metrics`), as under gunicorn, the
answer of any api process sums up those of all, and those of tasks too.
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from api.http.routes import Routes
from api.http.threads import in_work_thread
from core.process.shared_metrics import FOLDER_VARIABLE

WINDOW_S = 60.0
_SAMPLE_S = 10.0
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)


class Totals(NamedTuple):
    """Requests since the start, how many of them failed for our sake, and their time (s)."""

    requests: int
    errors: int
    seconds: float


class RequestMetrics:
    """Counts requests of one application."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "tickcast_requests_total",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "tickcast_request_seconds",
            "Time until the answer began.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )

    @property
    def registry(self) -> CollectorRegistry:
        """Return where further counts are kept that are told with these."""
        return self._registry

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is the template, never the path that was asked."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self, *others: Collector) -> bytes:
        """Return all counts in Prometheus's text format."""
        return generate_latest(self._all()) + b"".join(map(_text_of, others))

    def totals(self) -> Totals:
        """Return the counts of all api processes together."""
        requests, errors, seconds = 0.0, 0.0, 0.0
        for metric in self._all().collect():
            if metric.name == "tickcast_requests":
                counts = [s for s in metric.samples if s.name.endswith("_total")]
                requests = sum(s.value for s in counts)
                errors = sum(s.value for s in counts if self._failed(s.labels))
            elif metric.name == "tickcast_request_seconds":
                seconds = sum(s.value for s in metric.samples if s.name.endswith("_sum"))
        return Totals(int(requests), int(errors), seconds)

    def _failed(self, labels: Mapping[str, str]) -> bool:
        return labels["status"].startswith("5") and not self._routes.of(labels["route"]).health

    def _all(self) -> CollectorRegistry:
        if FOLDER_VARIABLE not in os.environ:
            return self._registry
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return registry


def _text_of(collector: Collector) -> bytes:
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry)


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
