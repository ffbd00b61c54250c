"""How a job ends, whatever its work does: in a real worker, with a real broker."""

from typing import Any

import msgspec
import pytest

from core.errors import Conflict
from core.jobs import Job, JobState, Progress
from core.requests import TrainLstm
from tasks.task_table import FETCH, PREDICT_LSTM_NSTEPS, TRAIN_LSTM
from tests.integration.tasks.jobs.workbench import Workbench


def test_a_job_succeeds_with_the_result_of_its_work(served: Workbench) -> None:
    job = served.ended(served.job("odd_slow", seconds=0))

    assert job.state == JobState.SUCCEEDED
    assert job.result is not None
    assert job.result["effects"] == 1
    assert (job.progress.done, job.progress.total) == (2, 2)


def test_a_fault_of_ours_fails_the_job_and_tells_the_caller_no_secret(served: Workbench) -> None:
    job = served.ended(served.job("odd_broken"))

    assert job.state == JobState.FAILED
    assert job.error is not None
    assert job.error.type == "internal_error"
    assert "secret" not in job.error.detail
    assert job.id in job.error.detail


def test_a_reason_that_the_caller_can_mend_is_told(served: Workbench) -> None:
    job = served.ended(served.job("odd_refused"))

    assert job.error is not None
    assert job.error.type == "invalid_request"
    assert job.error.detail == "symbol: there is none of that name."


def test_a_result_that_no_answer_can_carry_fails_the_job(served: Workbench) -> None:
    job = served.ended(served.job("odd_unanswerable"))

    assert job.state == JobState.FAILED
    assert job.error is not None
    assert job.error.type == "internal_error"


def test_work_resumes_from_its_checkpoint_while_the_exchange_is_away(served: Workbench) -> None:
    job = served.ended(served.job("odd_flaky"))

    assert job.state == JobState.SUCCEEDED
    assert job.result == {"steps": 3}
    assert job.attempt == 1


def test_a_message_that_comes_three_times_has_one_effect(served: Workbench) -> None:
    job = served.job("odd_slow", seconds=0.5)
    served.enqueue.publish(job)
    served.enqueue.publish(job)

    assert served.ended(job).state == JobState.SUCCEEDED
    served.ended(served.job("odd_slow", seconds=0))
    assert served.counted("started", job) == served.counted("effects", job) == 1


def test_a_queued_job_that_is_cancelled_never_starts(served: Workbench) -> None:
    job = served.stores.jobs.create("odd_slow", [("odd_slow", FETCH)], {"seconds": 0})

    assert served.stores.jobs.cancel(job.id).state == JobState.CANCELLED
    served.enqueue.publish(job)

    served.ended(served.job("odd_slow", seconds=0))
    assert served.counted("started", job) == 0


def test_a_running_job_that_is_cancelled_stops_without_its_effect(served: Workbench) -> None:
    job = served.job("odd_slow", seconds=60)
    served.in_state(job, "running")

    served.stores.jobs.cancel(job.id)

    assert served.ended(job, seconds=6).state == JobState.CANCELLED
    assert served.counted("effects", job) == 0


def test_stages_run_one_after_another_under_one_job(served: Workbench) -> None:
    job = _chain(served, "odd_slow", "odd_flaky")

    ended = served.ended(job)

    assert ended.state == JobState.SUCCEEDED
    assert ended.result is not None
    assert (ended.result["effects"], ended.result["steps"]) == (1, 3)


def test_no_stage_follows_one_that_failed(served: Workbench) -> None:
    job = _chain(served, "odd_refused", "odd_slow")

    assert served.ended(job).state == JobState.FAILED
    served.ended(served.job("odd_slow", seconds=0))
    assert served.counted("started", job) == 0


def test_listeners_hear_of_progress_and_of_the_end(served: Workbench) -> None:
    listener = served.stores.redis.pubsub()
    listener.psubscribe("jobs:*")
    job = served.job("odd_slow", seconds=0.5)

    heard = _hear_until_ended(listener, job)

    assert heard[-1].state == JobState.SUCCEEDED
    assert Progress(1, 2, "steps") in [told.progress for told in heard]


def test_a_pickled_message_is_refused_and_the_worker_lives_on(served: Workbench) -> None:
    with served.celery.connection_for_write() as connection:
        producer = connection.Producer(serializer="pickle")
        producer.publish({"task": "odd_slow"}, routing_key=FETCH, exchange="")

    assert served.ended(served.job("odd_slow", seconds=0)).state == JobState.SUCCEEDED


def test_the_same_training_cannot_wait_twice(served: Workbench) -> None:
    names = {"platform": "x", "symbol": "y", "resolution": 60, "model_name": "m", "model_id": "1"}
    request = TrainLstm(**names, seq_len=8)
    served.enqueue.begin(TRAIN_LSTM, request)

    with pytest.raises(Conflict):
        served.enqueue.begin(TRAIN_LSTM, request, after=[PREDICT_LSTM_NSTEPS])


def _chain(served: Workbench, *names: str) -> Job:
    pairs = [(name, FETCH) for name in names]
    job = served.stores.jobs.create(names[0], pairs, {"seconds": 0})
    served.enqueue.publish(job)
    return job


def _hear_until_ended(listener: Any, job: Job) -> list[Job]:
    heard: list[Job] = []
    while not (heard and heard[-1].ended):
        message = listener.get_message(ignore_subscribe_messages=True, timeout=10)
        told = msgspec.json.decode(message["data"], type=Job) if message else None
        heard += [told] if told and told.id == job.id else []
    return heard
