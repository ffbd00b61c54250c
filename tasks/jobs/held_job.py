"""A job in a worker's hands: its heartbeat, its progress, and the order to stop."""

import _thread
import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import msgspec

from core.errors import (
    JobCancelled,
    JobStopped,
    LeaseLost,
    RedisUnavailable,
    TickcastError,
    Unavailable,
)
from core.jobs import Job, Progress
from storage.jobs.job_store import Lease
from storage.stores import Stores
from tasks.jobs.ending import asked_to_stop, end_process

logger = logging.getLogger(__name__)

Report = Callable[[Progress], None]
Note = Callable[[dict[str, Any]], None]

HEARTBEAT_S = 2.0
# Work that says nothing for so long hangs (s): its process ends, and the job is given anew.
SILENCE_S = 900.0
# Progress goes out at most this often (s), however often the work reports it. The row gets none
# of work that is over sooner: its end tells all.
EVENT_S = 0.2
RECORD_S = 0.5


class WorkerStopping(JobStopped):
    """The worker shuts down: the job goes back to its queue."""

    type = "worker_stopping"


class TookTooLong(TickcastError):
    """The work has had all the time that it may take."""

    type = "took_too_long"


class HeldJob:
    """Keeps a lease alive from a thread of its own while the work runs.

    The work calls `report` and `note`, one of them at least every few minutes;
    both raise `JobStopped` as soon as the heartbeat has learnt that the job was
    cancelled, was given to somebody else, or must go back because the worker
    shuts down, and `TookTooLong` after `limit_s` seconds.
    """

    def __init__(
        self, stores: Stores, job: Job, lease: Lease, limit_s: float = float("inf")
    ) -> None:
        self.job = job
        self.lease = lease
        self.notes = 0
        self._stores = stores
        self._stop: JobStopped | None = None
        self._over = threading.Event()
        self._unrecorded = False
        self._heard = time.monotonic()
        self._told, self._recorded = 0.0, self._heard
        self._limit_s = limit_s
        self._ends = self._heard + limit_s

    def __enter__(self) -> Self:
        # Not threading.Thread: its start waits for the new thread to be scheduled, which
        # on a busy machine takes longer than many a job.
        _thread.start_new_thread(self._send_heartbeats, ())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()

    def report(self, progress: Progress) -> None:
        """Tell how far the work has come; raises as `check` does."""
        self.check()
        self.job = msgspec.structs.replace(self.job, progress=progress)
        self._unrecorded = True
        now = time.monotonic()
        if now - self._told >= EVENT_S:
            self._told = now
            tell(self._stores, self.job)
        if now - self._recorded >= RECORD_S:
            self._record(now)

    def note(self, checkpoint: dict[str, Any]) -> None:
        """Keep what a retry needs to resume; raises as `check` does."""
        self.check()
        self._stores.jobs.checkpoint(self.lease, checkpoint)
        self.job = msgspec.structs.replace(self.job, checkpoint=checkpoint)
        self.notes += 1

    def check(self) -> None:
        """Raise `JobStopped` if the work must end here, `TookTooLong` if its time is over."""
        self._heard = time.monotonic()
        if asked_to_stop():
            raise WorkerStopping("The worker shuts down.")
        if self._stop:
            raise self._stop
        if self._heard > self._ends:
            raise TookTooLong(
                f"It took longer than {self._limit_s / 3_600:g} h: ask for less, or raise "
                "TICKCAST_TRAINING_HOURS."
            )

    def wait(self, seconds: float) -> None:
        """Sleep, but wake to raise `JobStopped`."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, 0.2))

    def _record(self, now: float) -> None:
        try:
            self._stores.jobs.report(self.lease, self.job.progress)
        except Unavailable:
            return  # progress is not worth stopping for; the next report tries again
        self._recorded = now
        self._unrecorded = False

    def _send_heartbeats(self) -> None:
        while not self._over.wait(HEARTBEAT_S):
            if time.monotonic() - self._heard > SILENCE_S:
                end_process(f"job {self.lease.job_id} hangs")
            try:
                if self._stores.jobs.heartbeat(self.lease):
                    self._stop = JobCancelled("The task was cancelled.")
                # What was reported too soon after the one before.
                if self._unrecorded:
                    self._record(time.monotonic())
            except LeaseLost as lost:
                if not self._over.is_set():
                    logger.warning("job %s: another worker has it now", self.lease.job_id)
                self._stop = lost
                return
            except Unavailable:
                logger.warning("job %s: the database misses a heartbeat", self.lease.job_id)


def tell(stores: Stores, job: Job) -> None:
    """Publish a job's state to whoever listens; its row counts if nobody can be told."""
    try:
        stores.job_events.publish(msgspec.json.encode(job), job.id)
    except RedisUnavailable:
        logger.debug("job %s: nobody could be told", job.id)
