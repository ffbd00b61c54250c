"""Workers that die in mid-job: the job is done again or fails with a reason, effects once."""

import os
import signal

import pytest

from core.jobs import Job, JobState
from tests.integration.tasks.jobs.workbench import Workbench, eventually

PREFORK = ("-Q", "fetch", "-P", "prefork", "-c", "1")
THREADS = ("-Q", "fetch", "-P", "threads", "-c", "2")
# A worker beats every 2 s: silent for longer, it is given up.
STALE_MS = 3_000


def test_a_job_whose_child_process_was_killed_is_done_again_once(bench: Workbench) -> None:
    bench.worker(*PREFORK)
    job = bench.job("odd_slow", seconds=1)
    os.kill(_pid_at_work(bench, job), signal.SIGKILL)

    ended = bench.reaped_until_ended(job, STALE_MS)

    assert ended.state == JobState.SUCCEEDED
    assert bench.counted("started", job) == 2
    assert bench.counted("effects", job) == 1


def test_a_job_whose_whole_worker_was_killed_is_done_again_once(bench: Workbench) -> None:
    worker = bench.worker(*PREFORK, name="first")
    job = bench.job("odd_slow", seconds=2)
    child = _pid_at_work(bench, job)
    worker.kill()
    eventually(lambda: not _lives(child), 5, "the child outlived its worker")
    bench.worker(*PREFORK, name="second")

    ended = bench.reaped_until_ended(job, STALE_MS)

    assert ended.state == JobState.SUCCEEDED
    assert bench.counted("effects", job) == 1


def test_a_job_that_kills_every_worker_fails_after_three_attempts(bench: Workbench) -> None:
    bench.worker(*PREFORK)
    job = bench.job("odd_deadly")

    ended = bench.reaped_until_ended(job, stale_ms=800)

    assert ended.state == JobState.FAILED
    assert ended.error is not None
    assert ended.error.type == "worker_lost"
    assert bench.counted("started", job) == 3
    assert bench.ended(bench.job("odd_slow", seconds=0)).state == JobState.SUCCEEDED


@pytest.mark.parametrize("pool", [PREFORK, THREADS], ids=["prefork", "threads"])
def test_a_job_that_hangs_is_taken_from_its_worker_and_done_again(
    bench: Workbench, pool: tuple[str, ...]
) -> None:
    bench.kept_worker(*pool)
    job = bench.job("odd_stuck")

    ended = bench.reaped_until_ended(job, STALE_MS)

    assert ended.state == JobState.SUCCEEDED
    assert bench.counted("started", job) == 2


def test_a_worker_that_slept_while_its_job_went_to_another_changes_nothing(
    bench: Workbench,
) -> None:
    sleeper = bench.worker(*THREADS, name="sleeper")
    job = bench.job("odd_slow", seconds=2)
    eventually(lambda: bench.counted("started", job))
    bench.freeze(sleeper)
    bench.worker(*THREADS, name="other")

    ended = bench.reaped_until_ended(job, STALE_MS)
    sleeper.send_signal(signal.SIGCONT)
    after = bench.job("odd_slow", seconds=3)

    assert bench.ended(after).state == JobState.SUCCEEDED
    assert ended.state == JobState.SUCCEEDED
    assert bench.counted("started", job) == 2
    assert bench.counted("effects", job) == 1
    assert bench.stores.jobs.get(job.id) == ended


@pytest.mark.parametrize("pool", [PREFORK, THREADS], ids=["prefork", "threads"])
def test_a_worker_that_is_asked_to_end_hands_its_job_back(
    bench: Workbench, pool: tuple[str, ...]
) -> None:
    first = bench.worker(*pool, name="first")
    job = bench.job("odd_slow", seconds=300, seconds_again=0)
    eventually(lambda: bench.counted("started", job))

    first.terminate()

    first.wait(60)
    assert bench.stores.jobs.get(job.id).state == JobState.QUEUED
    bench.worker(*pool, name="second")
    ended = bench.ended(job)
    assert ended.state == JobState.SUCCEEDED
    assert bench.counted("effects", job) == 1


def _pid_at_work(bench: Workbench, job: Job) -> int:
    """Return the process that works on a job, from its marks."""
    eventually(lambda: bench.counted("started", job), what="the job did not start")
    return int(bench.stores.redis.get(f"pid:{job.id}") or 0)


def _lives(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rsplit(")")[-1].split()[0] != "Z"
    except FileNotFoundError:
        return False
