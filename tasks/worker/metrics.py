"""Counts and times of the tasks of this process, for Prometheus."""

import threading
import time
from pathlib import Path
from typing import Any

from celery.signals import task_postrun, task_prerun  # type: ignore[import-untyped]

from core.process.shared_metrics import share_metrics

_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 1_800)


class TaskMetrics:
    """Counts every task that ends here, by name and how it ended, and how long it took.

    A state is Celery's: `SUCCESS`, `FAILURE` (a fault of ours), `IGNORED` (its job
    had ended, or ended with an error that the job tells), `REJECTED` (back into the
    queue).
    """

    def __init__(self, folder: Path) -> None:
        share_metrics(folder)
        from prometheus_client import CollectorRegistry, Counter, Histogram

        registry = CollectorRegistry()
        self._ended = Counter(
            "tickcast_tasks", "Tasks that ended.", ("task", "state"), registry=registry
        )
        self._seconds = Histogram(
            "tickcast_task_seconds",
            "Time that a task took.",
            ("task",),
            buckets=_SECONDS,
            registry=registry,
        )
        # A thread runs one task at a time.
        self._running = threading.local()

    def attach(self) -> None:
        """Count from now on."""
        task_prerun.connect(self._begin, weak=False)
        task_postrun.connect(self._end, weak=False)

    def _begin(self, **_: Any) -> None:
        self._running.since = time.perf_counter()

    def _end(self, task: Any, state: str | None, **_: Any) -> None:
        seconds = time.perf_counter() - getattr(self._running, "since", time.perf_counter())
        self._ended.labels(task.name, state or "UNKNOWN").inc()
        self._seconds.labels(task.name).observe(seconds)
