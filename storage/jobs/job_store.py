"""Job rows: what was asked for, who works on it, how it ended.

A worker holds a job by a lease. Every update that it sends carries the lease's
token in its WHERE clause, so that a worker which was given up and wakes again
cannot touch what another one is doing now.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.clock.times import now_ms
from core.errors import Conflict
from core.jobs import Job, JobError, JobState, Progress
from storage.database import reading, writing
from storage.jobs.job_rows import Lease, claimed_row, fenced, job_row, new_row, to_job
from storage.tables import jobs

__all__ = ["JobStore", "Lease"]

Jobs = list[Job]

# Deleted within one transaction, so that no other writer waits long.
_PURGED_AT_ONCE = 1_000
_HANDED_BACK: dict[str, Any] = {"token": None, "worker": None, "heartbeat_at": None}


class JobStore:
    """Jobs in SQL. Every method may raise `DatabaseUnavailable`.

    A step is given up once `max_attempts` of its workers were lost. `clock`
    returns epoch milliseconds.
    """

    def __init__(
        self, engine: Engine, max_attempts: int = 3, clock: Callable[[], int] = now_ms
    ) -> None:
        self._engine = engine
        self._max_attempts = max_attempts
        self._clock = clock

    def create(
        self,
        name: str,
        stages: Sequence[tuple[str, str]],
        request: Mapping[str, Any],
        *,
        unique_key: str | None = None,
    ) -> Job:
        """Record a queued job whose `stages` are pairs of Celery task and queue.

        Raises `Conflict` if an unfinished job holds the same `unique_key`.
        """
        row = new_row(name, stages, request, unique_key, self._clock())
        try:
            with writing(self._engine) as connection:
                made = connection.execute(insert(jobs).values(row).returning(jobs)).one()
        except IntegrityError as error:
            raise Conflict("The same work is already queued or running.") from error
        return to_job(made)

    def get(self, job_id: str) -> Job:
        """Return a job; raises `NotFound`."""
        with reading(self._engine) as connection:
            return to_job(job_row(connection, job_id))

    def list(
        self,
        state: JobState | str | None = None,
        name: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[Jobs, int]:
        """Return jobs, newest first, and how many there are in all."""
        filters = (jobs.c.state, state), (jobs.c.name, name)
        wanted = [column == value for column, value in filters if value is not None]
        newest = jobs.c.created_at.desc(), jobs.c.id.desc()
        with reading(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(jobs).where(*wanted))
            page = select(jobs).where(*wanted).order_by(*newest).limit(limit).offset(offset)
            return [to_job(row) for row in connection.execute(page)], total.scalar_one()

    def unfinished(self, unique_key: str) -> Job | None:
        """Return the job that is queued or running under a `unique_key`, if there is one."""
        waits = jobs.c.state.in_((JobState.QUEUED, JobState.RUNNING))
        found = self._select(jobs.c.unique_key == unique_key, waits)
        return found[0] if found else None

    def queues(self, job: Job) -> Sequence[str]:
        """Return the name of the queue of each step."""
        with reading(self._engine) as connection:
            return [queue for _, queue in job_row(connection, job.id).stages]

    def mark_published(self, job_id: str) -> None:
        """Note that the broker holds the job."""
        with writing(self._engine) as connection:
            change = update(jobs).where(jobs.c.id == job_id)
            connection.execute(change.values(published_at=self._clock()))

    def discard(self, job_id: str) -> None:
        """Undo a creation whose job no worker has taken yet: the broker was away."""
        untouched = (
            jobs.c.id == job_id,
            jobs.c.state == JobState.QUEUED,
            jobs.c.started_at.is_(None),
        )
        with writing(self._engine) as connection:
            connection.execute(jobs.delete().where(*untouched))

    def purge(self, ended_before: int) -> int:
        """Delete jobs that ended before an instant (epoch ms); returns how many, 1,000 at most."""
        old = (
            select(jobs.c.id)
            .where(jobs.c.finished_at < ended_before)
            .order_by(jobs.c.finished_at)
            .limit(_PURGED_AT_ONCE)
        )
        with writing(self._engine) as connection:
            return connection.execute(delete(jobs).where(jobs.c.id.in_(old))).rowcount

    def claim(self, job_id: str, stage: int, worker: str) -> Lease | None:
        """Take a queued step; None if it is taken, ended, or another step is due."""
        taken = self.claim_job(job_id, stage, worker)
        return taken[0] if taken else None

    def claim_job(self, job_id: str, stage: int, worker: str) -> tuple[Lease, Job] | None:
        """Take a queued step like `claim`, and return the job with the lease."""
        now = self._clock()
        due = jobs.c.id == job_id, jobs.c.stage == stage, jobs.c.state == JobState.QUEUED
        change = update(jobs).where(*due).values(claimed_row(worker, now)).returning(jobs)
        with writing(self._engine) as connection:
            row = connection.execute(change).one_or_none()
        return (Lease(job_id, row.token, stage, row.attempt), to_job(row)) if row else None

    def heartbeat(self, lease: Lease) -> bool:
        """Show that the worker lives; returns whether it was asked to cancel.

        Raises `LeaseLost`, like every method that takes a lease.
        """
        return bool(self._update(lease, heartbeat_at=self._clock()).cancel_requested)

    def report(self, lease: Lease, progress: Progress) -> None:
        """Record how far the work has come."""
        self._update(lease, heartbeat_at=self._clock(), progress=msgspec.to_builtins(progress))

    def checkpoint(self, lease: Lease, checkpoint: Mapping[str, Any]) -> None:
        """Replace what this step noted for a retry; the next one starts with none."""
        self._update(lease, heartbeat_at=self._clock(), checkpoint=dict(checkpoint))

    def finish_step(
        self, lease: Lease, result: Mapping[str, Any], progress: Progress | None = None
    ) -> Job:
        """Add a step's result and queue the next one; the last one ends the job.

        `progress` is how far it came. Results merge, a later step's values winning. A job
        that was asked to cancel ends `cancelled` unless this was its last step.
        """
        with writing(self._engine) as connection:
            row = job_row(connection, lease.job_id)
            values = self._after_step(row) | {"result": {**(row.result or {}), **result}}
            if progress is not None:
                values["progress"] = msgspec.to_builtins(progress)
            return to_job(fenced(connection, lease, values))

    def fail(self, lease: Lease, error: JobError) -> Job:
        """End the job as failed."""
        values = self._ended(JobState.FAILED) | {"error": msgspec.to_builtins(error)}
        return to_job(self._update(lease, **values))

    def cancelled(self, lease: Lease) -> Job:
        """End the job as cancelled."""
        return to_job(self._update(lease, **self._ended(JobState.CANCELLED)))

    def release(self, lease: Lease) -> Job:
        """Put the step back into the queue; not counted as a lost worker."""
        return to_job(self._update(lease, **self._queued()))

    def cancel(self, job_id: str) -> Job:
        """Cancel a queued job at once; ask the worker of a running one.

        Raises `NotFound`, and `Conflict` if the job has ended.
        """
        with writing(self._engine) as connection:
            job = to_job(job_row(connection, job_id))
            if job.ended:
                raise Conflict(f"The task has already ended: {job.state}.")
            queued = job.state == JobState.QUEUED
            values = self._ended(JobState.CANCELLED) if queued else {"cancel_requested": True}
            change = update(jobs).where(jobs.c.id == job_id).values(values)
            return to_job(connection.execute(change.returning(jobs)).one())

    def stale(self, older_than_ms: int) -> Jobs:
        """Return running jobs whose worker was silent for longer than that."""
        silent = jobs.c.heartbeat_at < self._clock() - older_than_ms
        return self._select(jobs.c.state == JobState.RUNNING, silent)

    def unpublished(self, older_than_ms: int) -> Jobs:
        """Return queued jobs that the broker has not taken for longer than that."""
        old = jobs.c.queued_at < self._clock() - older_than_ms
        return self._select(jobs.c.state == JobState.QUEUED, jobs.c.published_at.is_(None), old)

    def queued_before(self, instant_ms: int) -> Jobs:
        """Return published jobs that have waited in the queue since before an instant."""
        old = jobs.c.queued_at < instant_ms
        return self._select(jobs.c.state == JobState.QUEUED, jobs.c.published_at.is_not(None), old)

    def give_up_or_release(self, job: Job) -> bool:
        """Deal with a job from `stale`: queue its step again, or fail it.

        Returns True if it waits to be published again; False if it has failed,
        because too many workers were lost on this step, or if its worker has
        moved on in the meantime.
        """
        held = (
            jobs.c.id == job.id,
            jobs.c.state == JobState.RUNNING,
            jobs.c.stage == job.stage,
            jobs.c.attempt == job.attempt,
        )
        error = JobError("worker_lost", "The worker was lost each time that the task was tried.")
        with writing(self._engine) as connection:
            row = connection.execute(select(jobs).where(*held)).one_or_none()
            if row is None:
                return False
            values = self._after_loss(row, error)
            connection.execute(update(jobs).where(*held).values(values))
        return bool(values["state"] == JobState.QUEUED)

    def _after_loss(self, row: Row[Any], error: JobError) -> dict[str, Any]:
        lost = row.lost + 1
        if row.cancel_requested:
            return self._ended(JobState.CANCELLED) | {"lost": lost}
        if lost < self._max_attempts:
            return self._queued() | {"lost": lost}
        return self._ended(JobState.FAILED) | {"lost": lost, "error": msgspec.to_builtins(error)}

    def _after_step(self, row: Row[Any]) -> dict[str, Any]:
        if row.stage + 1 == len(row.stages):
            return self._ended(JobState.SUCCEEDED)
        if row.cancel_requested:
            return self._ended(JobState.CANCELLED)
        anew = {"stage": row.stage + 1, "attempt": 0, "lost": 0, "checkpoint": {}}
        return self._queued() | anew

    def _ended(self, state: JobState) -> dict[str, Any]:
        return {"state": state, "finished_at": self._clock(), **_HANDED_BACK}

    def _queued(self) -> dict[str, Any]:
        return {
            "state": JobState.QUEUED,
            "queued_at": self._clock(),
            # Whoever publishes it next notes so; if nobody does, the reaper will.
            "published_at": None,
            **_HANDED_BACK,
        }

    def _update(self, lease: Lease, **values: Any) -> Row[Any]:
        with writing(self._engine) as connection:
            return fenced(connection, lease, values)

    def _select(self, *wanted: ColumnElement[bool]) -> Jobs:
        with reading(self._engine) as connection:
            oldest = select(jobs).where(*wanted).order_by(jobs.c.queued_at)
            return [to_job(row) for row in connection.execute(oldest)]
