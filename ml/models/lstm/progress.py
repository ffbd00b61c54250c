"""Tell of a training's progress, often enough that it can be stopped at once."""

import time
from collections.abc import Callable

from core.jobs import Progress

# Seconds between two reports within an epoch.
PERIOD = 0.5


class TrainingProgress:
    """Counts epochs over all fits; those left out by early stopping count as done.

    `report` may raise `core.errors.JobStopped`, which passes through whatever
    is at work here.
    """

    def __init__(self, report: Callable[[Progress], None], fits: int, epochs: int) -> None:
        self._report = report
        self._epochs = epochs
        self._now = Progress(0, fits * epochs, "epochs", "")
        self._fit = 0
        self._reported_at = 0.0

    def begin(self, fit: int, message: str) -> None:
        """Say that fit number `fit`, from 0, begins."""
        self._fit = fit
        self._say(fit * self._epochs, message)

    def say(self, message: str) -> None:
        """Report other work under a message of its own."""
        self._say(self._now.done, message)

    def finish(self, message: str) -> None:
        """Report that all epochs are over."""
        self._say(self._now.total, message)

    def epoch(self, done: int) -> None:
        """Report that `done` epochs of this fit are over."""
        self._say(self._fit * self._epochs + done, self._now.message)

    def batch(self) -> None:
        """Report again if the last report is more than half a second old."""
        if time.monotonic() - self._reported_at >= PERIOD:
            self._say(self._now.done, self._now.message)

    def _say(self, done: int, message: str) -> None:
        self._now = Progress(done, self._now.total, self._now.unit, message)
        self._reported_at = time.monotonic()
        self._report(self._now)
