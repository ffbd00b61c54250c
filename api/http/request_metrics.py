"""Counts of requests, by route and status, for Prometheus.

Where processes share their counts (`core.shared_metrics`), as under gunicorn, the
answer of any api process sums up those of all, and those of tasks too.
"""

import os
from collections.abc import Mapping
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from api.http.routes import Routes
from core.shared_metrics import FOLDER_VARIABLE

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
