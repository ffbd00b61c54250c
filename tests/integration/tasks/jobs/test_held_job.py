"""What a worker does for a job while its work runs: patience, progress, checkpoints."""

import itertools
from typing import Any

import msgspec
import pytest
from sqlalchemy import event

from core.errors import ExchangeUnavailable
from core.jobs import Job, JobState, Progress
from storage.stores import Stores
from tasks.jobs.held_job import Note, Report
from tasks.jobs.run_step import After, run_step
from tasks.task_table import FETCH


def _job(stores: Stores, stages: int = 1) -> Job:
    return stores.jobs.create("odd", [("odd", FETCH)] * stages, {})


def test_work_that_finds_the_exchange_away_for_too_long_fails_with_that_reason(
    stores: Stores,
) -> None:
    def away(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
        raise ExchangeUnavailable("coinbase is away.", retry_after=0)

    job = _job(stores)

    assert run_step(stores, job.id, 0, away, timeout=0) is After.END

    error = stores.jobs.get(job.id).error
    assert error is not None
    assert (error.type, error.detail) == ("exchange_unavailable", "coinbase is away.")


def test_a_new_checkpoint_renews_the_patience(stores: Stores) -> None:
    def slowly(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
        step = job.checkpoint.get("step", 0)
        if step < 3:
            note({"step": step + 1})
            raise ExchangeUnavailable("coinbase is away.", retry_after=0)
        return {}

    job = _job(stores)

    run_step(stores, job.id, 0, slowly, timeout=0.3)

    assert stores.jobs.get(job.id).state == JobState.SUCCEEDED


def test_work_that_goes_on_for_longer_than_it_may_fails_and_says_so(stores: Stores) -> None:
    def endless(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
        for done in itertools.count():
            report(Progress(done, 1, "steps"))
        return {}

    job = _job(stores)

    assert run_step(stores, job.id, 0, endless, limit_s=0.05) is After.END

    ended = stores.jobs.get(job.id)
    assert ended.state == JobState.FAILED
    assert ended.error is not None
    assert ended.error.type == "took_too_long"
    assert "TICKCAST_TRAINING_HOURS" in ended.error.detail


def test_progress_reported_often_reaches_listeners_and_the_row_seldom(stores: Stores) -> None:
    listener = stores.redis.pubsub()
    listener.psubscribe("jobs:*")
    listener.get_message(timeout=5)

    def busy(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
        for done in range(1, 1_001):
            report(Progress(done, 1_000, "steps"))
        return {}

    job = _job(stores)

    run_step(stores, job.id, 0, busy)

    assert stores.jobs.get(job.id).progress.done == 1_000
    told = 0
    while listener.get_message(timeout=0.2):
        told += 1
    assert 2 <= told <= 10


def test_work_that_is_soon_over_writes_its_row_when_it_is_taken_and_when_it_ends(
    stores: Stores,
) -> None:
    written: list[str] = []

    def note_write(*told: Any) -> None:
        written.extend(text for text in told[2:3] if text.startswith("UPDATE"))

    def brief(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
        for done in range(3):
            report(Progress(done, 2, "steps"))
        return {}

    job = _job(stores)
    event.listen(stores.engine, "before_cursor_execute", note_write)
    run_step(stores, job.id, 0, brief)
    event.remove(stores.engine, "before_cursor_execute", note_write)
    assert len(written) == 2
    assert stores.jobs.get(job.id).progress == Progress(2, 2, "steps")


def test_a_message_for_another_stage_or_an_unknown_job_does_nothing(stores: Stores) -> None:
    def never(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
        raise AssertionError("this must not run")

    job = _job(stores, stages=2)

    assert run_step(stores, job.id, 1, never) is After.END
    assert run_step(stores, "no-such-job", 0, never) is After.END
    assert stores.jobs.get(job.id).state == JobState.QUEUED


def test_the_next_stage_is_due_only_after_the_one_before_succeeded(stores: Stores) -> None:
    def good(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
        return {"stage": job.stage}

    job = _job(stores, stages=2)

    assert run_step(stores, job.id, 0, good) is After.GO_ON
    assert stores.jobs.get(job.id).state == JobState.QUEUED
    assert run_step(stores, job.id, 1, good) is After.GO_ON
    assert stores.jobs.get(job.id).result == {"stage": 1}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_result_without_a_number_is_kept_as_null(stores: Stores, value: float) -> None:
    def odd(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
        return {"mape": value}

    job = _job(stores)

    run_step(stores, job.id, 0, odd)

    assert stores.jobs.get(job.id).result == {"mape": None}


class Named(msgspec.Struct):
    """A request, and its answer."""

    name: str


def test_work_is_given_its_request_as_a_struct_and_its_answer_is_kept_as_json(
    stores: Stores,
) -> None:
    def greet(stores: Stores, job: Job[Named], report: Report, note: Note) -> Named:
        return Named(f"hello {job.request.name}")

    job = stores.jobs.create("odd", [("odd", FETCH)], {"name": "you", "of_another_step": 1})
    run_step(stores, job.id, 0, greet, Named)
    assert stores.jobs.get(job.id).result == {"name": "hello you"}

    unreadable = _job(stores)
    run_step(stores, unreadable.id, 0, greet, Named)
    error = stores.jobs.get(unreadable.id).error
    assert error is not None
    assert error.type == "internal_error"
