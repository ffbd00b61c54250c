"""Questions: work of milliseconds whose answer only the caller needs.

A job's row costs three synced writes; a question has none. Its message holds all
that is asked, and its answer goes to whoever listens at that moment, in the same
form as the end of a job. If nobody does, nothing is lost that cannot be asked
again. The work itself is the same plain function as that of a job.
"""

import logging
from typing import Any

import msgspec

from core.errors import TickcastError
from core.jobs import Job, JobError, JobState, Progress
from core.times import now_ms
from storage.stores import Stores
from tasks.jobs.held_job import tell
from tasks.jobs.run_step import Work

logger = logging.getLogger(__name__)


def answer_question(stores: Stores, question: Job, work: Work) -> None:
    """Do the work and tell its result, or why there is none."""
    began = now_ms()
    try:
        result = work(stores, question, _say_nothing, _say_nothing)
        ended = msgspec.structs.replace(question, state=JobState.SUCCEEDED, result=result)
    except TickcastError as error:
        ended = _failed(question, JobError(error.type, error.detail))
    except Exception:
        logger.exception("question %s: a fault of ours", question.id)
        detail = f"The work failed for a fault of ours; the log tells more under {question.id}."
        ended = _failed(question, JobError("internal_error", detail))
    tell(stores, msgspec.structs.replace(ended, started_at=began, finished_at=now_ms()))


def make_question(question_id: str, name: str, request: dict[str, Any]) -> Job:
    """Return a job that has no row."""
    queued = JobState.QUEUED
    return Job(question_id, name, queued, [name], 0, request, {}, Progress(), 0, now_ms())


def _failed(question: Job, error: JobError) -> Job:
    return msgspec.structs.replace(question, state=JobState.FAILED, error=error)


def _say_nothing(_: object) -> None:
    """Report and note nothing: nobody could read it before the end."""
