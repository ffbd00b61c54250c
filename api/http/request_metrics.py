"""What Prometheus reads: requests by route and status, and the length of the queues.

Where processes share their counts (`core.shared_metrics`), as under gunicorn, the
answer of any api process sums up those of all, and those of tasks too.
"""

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from core.errors import RedisUnavailable
from core.shared_metrics import FOLDER_VARIABLE
from tasks.enqueue import Enqueue

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)


# Their 503 is what they tell, no failure to tell it.
HEALTH_ROUTES = frozenset({"/health", "/health/detailed", "/api/v1/health", "/api/health"})


class Totals(NamedTuple):
    """Requests since the start, how many of them failed for our sake, and their time (s)."""

    requests: int
    errors: int
    seconds: float


class RequestMetrics:
    """Counts requests of one application."""

    def __init__(self) -> None:
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
                errors = sum(s.value for s in counts if _failed(s.labels))
            elif metric.name == "tickcast_request_seconds":
                seconds = sum(s.value for s in metric.samples if s.name.endswith("_sum"))
        return Totals(int(requests), int(errors), seconds)

    def _all(self) -> CollectorRegistry:
        if FOLDER_VARIABLE not in os.environ:
            return self._registry
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return registry


class QueueLengths(Collector):
    """The number of messages that wait in each of Celery's queues, asked when read."""

    def __init__(self, enqueue: Enqueue) -> None:
        self._enqueue = enqueue

    def collect(self) -> Iterable[Metric]:
        """Yield one gauge; nothing while Redis is away."""
        lengths = GaugeMetricFamily("tickcast_queue_length", "Tasks that wait.", labels=["queue"])
        try:
            for queue, length in self._enqueue.queue_lengths().items():
                lengths.add_metric([queue], length)
        except RedisUnavailable:
            return
        yield lengths


def _failed(labels: Mapping[str, str]) -> bool:
    return labels["status"].startswith("5") and labels["route"] not in HEALTH_ROUTES


def _text_of(collector: Collector) -> bytes:
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry)
