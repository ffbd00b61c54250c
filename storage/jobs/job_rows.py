"""Rows of the jobs table: read, updated under a lease, and turned into jobs."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, select, update

from core.errors import LeaseLost, NotFound
from core.jobs import Job, JobState, Progress
from storage.tables import jobs


class Lease(msgspec.Struct, frozen=True):
    """The right to work on one step of a job, until it is given up or taken away."""

    job_id: str
    token: str
    stage: int
    attempt: int


def new_row(
    name: str,
    stages: Sequence[tuple[str, str]],
    request: Mapping[str, Any],
    unique_key: str | None,
    now: int,
) -> dict[str, Any]:
    """Return the row of a job that begins to wait `now` (epoch ms)."""
    return {
        "id": str(uuid.uuid4()),
        "name": name,
        "state": JobState.QUEUED,
        "stages": [list(stage) for stage in stages],
        "stage": 0,
        "request": dict(request),
        "checkpoint": {},
        "progress": msgspec.to_builtins(Progress()),
        "attempt": 0,
        "lost": 0,
        "unique_key": unique_key,
        "cancel_requested": False,
        "created_at": now,
        "queued_at": now,
    }


def claimed_row(worker: str, now: int) -> dict[str, Any]:
    """Return what changes when `worker` takes a step `now` (epoch ms)."""
    return {
        "state": JobState.RUNNING,
        "token": uuid.uuid4().hex,
        "worker": worker,
        "heartbeat_at": now,
        "attempt": jobs.c.attempt + 1,
        "started_at": func.coalesce(jobs.c.started_at, now),
        # A worker that holds the message proves that it was published.
        "published_at": func.coalesce(jobs.c.published_at, now),
    }


def fenced(connection: Connection, lease: Lease, values: Mapping[str, Any]) -> Row[Any]:
    """Update a job on behalf of a lease; raises `LeaseLost` if it holds no longer."""
    held = jobs.c.id == lease.job_id, jobs.c.token == lease.token
    row = connection.execute(update(jobs).where(*held).values(values).returning(jobs)).one_or_none()
    if row is None:
        raise LeaseLost("The task was given to another worker or has ended.")
    return row


def job_row(connection: Connection, job_id: str) -> Row[Any]:
    """Return the row of a job; raises `NotFound`."""
    row = connection.execute(select(jobs).where(jobs.c.id == job_id)).one_or_none()
    if row is None:
        raise NotFound("There is no task with this id.")
    return row


def to_job(row: Row[Any]) -> Job:
    """Return a row as callers see it."""
    values = {name: row._mapping[name] for name in Job.__struct_fields__}
    values["stages"] = [task for task, _ in row.stages]
    return msgspec.convert(values, Job)
