"""What Prometheus reads: requests by route and status, and the length of the queues.

With `PROMETHEUS_MULTIPROC_DIR` set, as under gunicorn, every process writes its
counts to a file there, and the answer of any of them sums up all.
"""

import os
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from core.errors import RedisUnavailable
from tasks.enqueue import Enqueue

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)


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
        registry = self._registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry) + b"".join(map(_text_of, others))


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


def _text_of(collector: Collector) -> bytes:
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry)
