"""A job is worked on by one worker at a time, and always ends."""

import threading
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from core.errors import Conflict, LeaseLost, NotFound
from core.jobs import Job, JobError, JobState, Progress
from storage.jobs.job_store import JobStore, Lease

STAGES = [("fetch_candles", "fetch"), ("train_lstm_from_redis", "train")]


class Clock:
    """A clock that is set by hand, in ms."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs(engine: Engine, clock: Clock) -> JobStore:
    return JobStore(engine, clock=clock)


def create(jobs: JobStore, stages: list[tuple[str, str]] = STAGES) -> Job:
    return jobs.create("train_lstm_from_redis", stages, {"symbol": "BTC-USD"})


def claimed(jobs: JobStore, job: Job, stage: int = 0, worker: str = "w1") -> Lease:
    lease = jobs.claim(job.id, stage, worker)
    assert lease
    return lease


def test_a_new_job_waits(jobs: JobStore, clock: Clock) -> None:
    job = create(jobs)
    assert jobs.get(job.id) == job
    assert (job.state, job.stage, job.attempt) == (JobState.QUEUED, 0, 0)
    assert job.stages == ["fetch_candles", "train_lstm_from_redis"]
    assert jobs.queues(job) == ["fetch", "train"]
    assert (job.request, job.created_at) == ({"symbol": "BTC-USD"}, clock.now)


def test_an_unknown_job_is_not_found(jobs: JobStore) -> None:
    for ask in (jobs.get, jobs.cancel):
        with pytest.raises(NotFound):
            ask("nothing")
    assert jobs.claim("nothing", 0, "w") is None


def test_a_stage_is_claimed_once(jobs: JobStore) -> None:
    job = create(jobs)
    lease = claimed(jobs, job)
    assert (lease.stage, lease.attempt) == (0, 1)
    assert jobs.claim(job.id, 0, "w2") is None
    assert jobs.get(job.id).state == JobState.RUNNING


def test_another_stage_than_the_present_one_cannot_be_claimed(jobs: JobStore) -> None:
    assert jobs.claim(create(jobs).id, 1, "w") is None


def test_of_many_workers_one_gets_the_job(jobs: JobStore) -> None:
    job, leases = create(jobs), []
    threads = [
        threading.Thread(target=lambda n=n: leases.append(jobs.claim(job.id, 0, f"w{n}")))
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(leases) == 6
    assert sum(lease is not None for lease in leases) == 1


def test_stages_follow_each_other_and_their_results_merge(jobs: JobStore) -> None:
    job = create(jobs)
    lease = claimed(jobs, job)
    jobs.checkpoint(lease, {"cursor": 5})
    assert jobs.get(job.id).checkpoint == {"cursor": 5}
    between = jobs.finish_step(lease, {"fetched": 10, "n": 1})
    assert (between.state, between.stage, between.attempt) == (JobState.QUEUED, 1, 0)
    assert between.checkpoint == {}
    done = jobs.finish_step(claimed(jobs, job, 1), {"n": 2})
    assert (done.state, done.result) == (JobState.SUCCEEDED, {"fetched": 10, "n": 2})
    assert done.finished_at
    assert jobs.claim(job.id, 1, "w") is None


def test_progress_is_seen(jobs: JobStore) -> None:
    job = create(jobs)
    jobs.report(claimed(jobs, job), Progress(3, 10, "epochs", "halfway"))
    assert jobs.get(job.id).progress == Progress(3, 10, "epochs", "halfway")


def test_a_failure_is_kept(jobs: JobStore) -> None:
    job = create(jobs)
    failed = jobs.fail(claimed(jobs, job), JobError("invalid_request", "Too few candles."))
    assert (failed.state, failed.error) == (
        JobState.FAILED,
        JobError("invalid_request", "Too few candles."),
    )


def test_a_released_stage_waits_again_and_keeps_its_checkpoint(jobs: JobStore) -> None:
    job = create(jobs)
    jobs.mark_published(job.id)
    lease = claimed(jobs, job)
    jobs.checkpoint(lease, {"cursor": 5})
    released = jobs.release(lease)
    assert (released.state, released.checkpoint) == (JobState.QUEUED, {"cursor": 5})
    assert claimed(jobs, job).attempt == 2


def test_a_worker_that_lost_its_lease_can_change_nothing(jobs: JobStore, clock: Clock) -> None:
    job = create(jobs)
    old = claimed(jobs, job)
    clock.now += 60_000
    assert jobs.give_up_or_release(jobs.get(job.id))
    new = claimed(jobs, job, worker="w2")
    before = jobs.get(job.id)
    for act in (
        lambda: jobs.heartbeat(old),
        lambda: jobs.report(old, Progress(1)),
        lambda: jobs.checkpoint(old, {"stale": True}),
        lambda: jobs.finish_step(old, {"stale": True}),
        lambda: jobs.fail(old, JobError("stale", "stale")),
        lambda: jobs.cancelled(old),
        lambda: jobs.release(old),
    ):
        with pytest.raises(LeaseLost):
            act()
    assert jobs.get(job.id) == before
    assert jobs.heartbeat(new) is False


@pytest.mark.parametrize("end", ["finish", "fail", "cancelled"])
def test_an_ended_job_has_no_lease(jobs: JobStore, end: str) -> None:
    lease = claimed(jobs, create(jobs, STAGES[:1]))
    if end == "finish":
        jobs.finish_step(lease, {})
    elif end == "fail":
        jobs.fail(lease, JobError("x", "y"))
    else:
        jobs.cancelled(lease)
    with pytest.raises(LeaseLost):
        jobs.heartbeat(lease)


def test_a_queued_job_is_cancelled_at_once(jobs: JobStore) -> None:
    job = create(jobs)
    assert jobs.cancel(job.id).state == JobState.CANCELLED
    assert jobs.claim(job.id, 0, "w") is None
    with pytest.raises(Conflict):
        jobs.cancel(job.id)


def test_a_running_job_is_asked_to_cancel(jobs: JobStore) -> None:
    job = create(jobs)
    lease = claimed(jobs, job)
    assert jobs.heartbeat(lease) is False
    assert jobs.cancel(job.id).state == JobState.RUNNING
    assert jobs.heartbeat(lease) is True
    assert jobs.cancelled(lease).state == JobState.CANCELLED


def test_a_job_asked_to_cancel_does_not_begin_its_next_stage(jobs: JobStore) -> None:
    job = create(jobs)
    lease = claimed(jobs, job)
    jobs.cancel(job.id)
    assert jobs.finish_step(lease, {"n": 1}).state == JobState.CANCELLED


def test_a_job_asked_to_cancel_whose_work_is_done_has_succeeded(jobs: JobStore) -> None:
    job = create(jobs, STAGES[:1])
    lease = claimed(jobs, job)
    jobs.cancel(job.id)
    assert jobs.finish_step(lease, {"n": 1}).state == JobState.SUCCEEDED


def test_the_same_work_is_not_queued_twice_until_it_ends(jobs: JobStore) -> None:
    first = jobs.create("fetch_candles", STAGES[:1], {}, unique_key="k")
    with pytest.raises(Conflict):
        jobs.create("fetch_candles", STAGES[:1], {}, unique_key="k")
    jobs.create("fetch_candles", STAGES[:1], {}, unique_key="other")
    lease = claimed(jobs, first)
    with pytest.raises(Conflict):
        jobs.create("fetch_candles", STAGES[:1], {}, unique_key="k")
    jobs.finish_step(lease, {})
    jobs.create("fetch_candles", STAGES[:1], {}, unique_key="k")


def test_a_discarded_job_is_gone_unless_somebody_works_on_it(jobs: JobStore) -> None:
    waiting, running = create(jobs), create(jobs)
    claimed(jobs, running)
    for job in (waiting, running):
        jobs.discard(job.id)
    with pytest.raises(NotFound):
        jobs.get(waiting.id)
    assert jobs.get(running.id)


def test_silent_workers_are_found(jobs: JobStore, clock: Clock) -> None:
    silent, lively = create(jobs), create(jobs)
    leases = [claimed(jobs, job) for job in (silent, lively)]
    clock.now += 10_000
    jobs.heartbeat(leases[1])
    clock.now += 6_000
    assert [job.id for job in jobs.stale(15_000)] == [silent.id]


def test_a_stage_is_given_up_when_its_third_worker_is_lost(jobs: JobStore, clock: Clock) -> None:
    job = create(jobs)
    for again in (True, True, False):
        claimed(jobs, job)
        clock.now += 60_000
        (found,) = jobs.stale(15_000)
        assert jobs.give_up_or_release(found) is again
    failed = jobs.get(job.id)
    assert (failed.state, failed.attempt) == (JobState.FAILED, 3)
    assert failed.error
    assert failed.error.type == "worker_lost"


def test_releases_are_no_losses(jobs: JobStore, clock: Clock) -> None:
    job = create(jobs)
    for _ in range(5):
        jobs.release(claimed(jobs, job))
    claimed(jobs, job)
    clock.now += 60_000
    assert jobs.give_up_or_release(jobs.stale(15_000)[0])


def test_a_next_stage_has_attempts_of_its_own(jobs: JobStore, clock: Clock) -> None:
    job = create(jobs)
    for _ in range(2):
        claimed(jobs, job)
        jobs.give_up_or_release(jobs.get(job.id))
    jobs.finish_step(claimed(jobs, job), {})
    assert claimed(jobs, job, 1).attempt == 1
    assert jobs.give_up_or_release(jobs.get(job.id))


def test_a_worker_that_moved_on_is_not_given_up(jobs: JobStore, clock: Clock) -> None:
    job = create(jobs)
    claimed(jobs, job)
    seen = jobs.get(job.id)
    jobs.give_up_or_release(seen)
    lease = claimed(jobs, job, worker="w2")
    assert jobs.give_up_or_release(seen) is False
    assert jobs.heartbeat(lease) is False


def test_a_lost_worker_that_was_asked_to_cancel_leaves_a_cancelled_job(jobs: JobStore) -> None:
    job = create(jobs)
    claimed(jobs, job)
    jobs.cancel(job.id)
    assert jobs.give_up_or_release(jobs.get(job.id)) is False
    assert jobs.get(job.id).state == JobState.CANCELLED


def test_jobs_that_the_broker_never_got_are_found(jobs: JobStore, clock: Clock) -> None:
    unpublished, published = create(jobs), create(jobs)
    jobs.mark_published(published.id)
    assert jobs.unpublished(5_000) == []
    clock.now += 5_001
    assert [job.id for job in jobs.unpublished(5_000)] == [unpublished.id]
    assert [job.id for job in jobs.queued_before(clock.now)] == [published.id]
    assert jobs.queued_before(clock.now - 5_001) == []


def test_a_stage_that_waits_again_counts_as_unpublished(jobs: JobStore, clock: Clock) -> None:
    released, lost, next_stage = (create(jobs) for _ in range(3))
    leases = [claimed(jobs, job) for job in (released, lost, next_stage)]
    jobs.release(leases[0])
    jobs.give_up_or_release(jobs.get(lost.id))
    jobs.finish_step(leases[2], {})
    clock.now += 1
    assert {job.id for job in jobs.unpublished(0)} == {released.id, lost.id, next_stage.id}


def test_jobs_are_listed_newest_first_by_pages_and_filters(jobs: JobStore, clock: Clock) -> None:
    made = []
    for n in range(5):
        clock.now += 1
        made.append(jobs.create(f"name{n % 2}", STAGES[:1], {}).id)
    claimed(jobs, jobs.get(made[4]))

    def ids(**wanted: object) -> tuple[list[int], int]:
        found, total = jobs.list(**wanted)  # type: ignore[arg-type]
        return [made.index(job.id) for job in found], total

    assert ids() == ([4, 3, 2, 1, 0], 5)
    assert ids(limit=2, offset=1) == ([3, 2], 5)
    assert ids(name="name1") == ([3, 1], 2)
    assert ids(state=JobState.RUNNING) == ([4], 1)
    assert ids(state="queued", name="name0", limit=1) == ([2], 2)


_runs = count()
ACTIONS = st.sampled_from(["claim", "beat", "release", "finish", "fail", "cancel", "lose"])


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(ACTIONS, max_size=25))
def test_whatever_happens_an_ended_job_stays_as_it_ended(
    jobs: JobStore, actions: list[str]
) -> None:
    job, leases, final = create(jobs), [], None
    for action in actions:
        try:
            if action == "claim":
                leases.append(jobs.claim(job.id, jobs.get(job.id).stage, "w"))
            elif action == "cancel":
                jobs.cancel(job.id)
            elif action == "lose":
                jobs.give_up_or_release(jobs.get(job.id))
            else:
                _act(jobs, action, leases)
        except (LeaseLost, Conflict):
            pass
        now = jobs.get(job.id)
        assert final is None or now == final
        final = now if now.ended else None


def _act(jobs: JobStore, action: str, leases: list[Lease | None]) -> None:
    for lease in filter(None, reversed(leases)):
        if action == "beat":
            jobs.heartbeat(lease)
        elif action == "release":
            jobs.release(lease)
        elif action == "finish":
            jobs.finish_step(lease, {})
        else:
            jobs.fail(lease, JobError("x", "y"))
