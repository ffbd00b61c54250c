"""Calls: work of milliseconds whose answer only the caller needs.

A job's row costs three synced writes; a call has none. Its message holds all
that is asked, and its answer goes to whoever listens at that moment, in the same
form as the end of a job. If nobody does, nothing is lost that cannot be asked
again. The work itself is the same plain function as that of a job.
"""

import logging
from typing import Any

import msgspec

from core.clock.times import now_ms
from core.errors import TickcastError
from core.jobs import Job, JobError, JobState, Json, Progress
from storage.stores import Stores
from tasks.jobs.held_job import tell
from tasks.jobs.run_step import Work, do_work

logger = logging.getLogger(__name__)


def answer_call(stores: Stores, call: Job, work: Work[Any, Any], request: type[Any] = dict) -> None:
    """Do the work and tell its result, or why there is none."""
    began = now_ms()
    try:
        result = do_work(stores, call, _say_nothing, _say_nothing, work, request)
        ended = msgspec.structs.replace(call, state=JobState.SUCCEEDED, result=result)
    except TickcastError as error:
        ended = _failed(call, JobError(error.type, error.detail))
    except Exception:
        logger.exception("call %s: a fault of ours", call.id)
        detail = f"The work failed for a fault of ours; the log tells more under {call.id}."
        ended = _failed(call, JobError("internal_error", detail))
    tell(stores, msgspec.structs.replace(ended, started_at=began, finished_at=now_ms()))


def make_call(call_id: str, name: str, request: Json) -> Job:
    """Return a job that has no row."""
    queued = JobState.QUEUED
    return Job(call_id, name, queued, [name], 0, request, {}, Progress(), 0, now_ms())


def _failed(call: Job, error: JobError) -> Job:
    return msgspec.structs.replace(call, state=JobState.FAILED, error=error)


def _say_nothing(_: object) -> None:
    """Report and note nothing: nobody could read it before the end."""
