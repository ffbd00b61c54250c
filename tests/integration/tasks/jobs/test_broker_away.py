"""Redis that is away, comes back, or loses a message."""

import time

import pytest

from core.errors import RedisUnavailable
from core.jobs import JobState
from core.requests import FetchCandles, StoreCandles
from storage.candles.candle_columns import Candles
from tasks.jobs.ending import HUNG
from tasks.jobs.reap_jobs import reap_jobs
from tasks.task_table import FETCH, FETCH_CANDLES, STORE_CANDLES
from tests.integration.tasks.jobs.workbench import OwnRedis, Workbench, eventually

FETCHED = FetchCandles(platform="coinbase", symbol="BTC-USD", resolution=60)
STORED = StoreCandles(platform="file", symbol="BTC-USD", resolution=60)
CANDLE = Candles.from_rows([[0, 1, 1, 1, 1, 1]])


def test_with_redis_away_a_request_is_refused_and_leaves_no_job(
    own_bench: Workbench, own_redis: OwnRedis
) -> None:
    own_redis.kill()
    begun = time.monotonic()

    with pytest.raises(RedisUnavailable):
        own_bench.enqueue.begin(FETCH_CANDLES, FETCHED)
    with pytest.raises(RedisUnavailable):
        own_bench.enqueue.begin(STORE_CANDLES, STORED, candles=CANDLE)
    with pytest.raises(RedisUnavailable):
        own_bench.enqueue.queue_lengths()

    assert time.monotonic() - begun < 5
    assert own_bench.stores.jobs.list() == ([], 0)
    own_redis.start()
    assert own_bench.enqueue.begin(FETCH_CANDLES, FETCHED).state == JobState.QUEUED


@pytest.mark.parametrize(
    "pool", [("-P", "prefork", "-c", "1"), ("-P", "threads", "-c", "2")], ids=["prefork", "threads"]
)
def test_workers_resume_after_redis_was_killed_and_started_again(
    own_bench: Workbench, own_redis: OwnRedis, pool: tuple[str, ...]
) -> None:
    own_bench.kept_worker("-Q", "fetch", *pool)
    for _ in range(2):
        before = own_bench.job("odd_slow", seconds=2)
        own_bench.in_state(before, "running")
        own_redis.kill()
        time.sleep(1)
        own_redis.start()
        waited = own_bench.job("odd_slow", seconds=0)

        assert own_bench.ended(waited, seconds=15).state == JobState.SUCCEEDED
        assert own_bench.ended(before).state == JobState.SUCCEEDED
        assert own_bench.counted("effects", before) == 1


def test_a_job_whose_message_was_lost_is_sent_again(own_bench: Workbench) -> None:
    job = own_bench.job("odd_slow", seconds=0)
    own_bench.stores.redis.delete(FETCH)
    own_bench.worker()

    reap_jobs(own_bench.stores, own_bench.enqueue)
    assert own_bench.stores.jobs.get(job.id).state == JobState.QUEUED
    reap_jobs(own_bench.stores, own_bench.enqueue, forgotten_ms=0)

    assert own_bench.ended(job).state == JobState.SUCCEEDED
    assert own_bench.counted("effects", job) == 1


def test_a_job_that_waits_behind_others_is_not_sent_again(own_bench: Workbench) -> None:
    own_bench.job("odd_slow", seconds=0)

    reap_jobs(own_bench.stores, own_bench.enqueue, forgotten_ms=0)

    assert own_bench.enqueue.queue_lengths()[FETCH] == 1


def test_a_job_whose_sender_died_before_publishing_it_is_published(own_bench: Workbench) -> None:
    pairs = [("odd_slow", FETCH)]
    job = own_bench.stores.jobs.create("odd_slow", pairs, {"seconds": 0})
    own_bench.worker()

    reap_jobs(own_bench.stores, own_bench.enqueue, unpublished_ms=0)

    assert own_bench.ended(job).state == JobState.SUCCEEDED


def test_beat_has_lost_jobs_sent_again_also_after_redis_was_killed(
    own_bench: Workbench, own_redis: OwnRedis
) -> None:
    beat = own_bench.start("tasks.main", "beat", "-S", "celery.beat:Scheduler")
    own_bench.worker("-Q", "maintenance,fetch", "-P", "threads", "-c", "2")
    assert own_bench.heartbeat(beat)["role"] == "beat"
    own_redis.kill()
    own_redis.start()

    pairs = [("odd_slow", FETCH)]
    job = own_bench.stores.jobs.create("odd_slow", pairs, {"seconds": 0})

    assert own_bench.ended(job, seconds=25).state == JobState.SUCCEEDED


def test_a_worker_that_lost_its_queue_ends_itself(own_bench: Workbench) -> None:
    worker = own_bench.worker()
    own_bench.ended(own_bench.job("odd_deaf"))

    own_bench.job("odd_slow", seconds=0)

    assert eventually(worker.poll, seconds=15) == HUNG
