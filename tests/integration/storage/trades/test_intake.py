"""A batch that was accepted is processed once, whatever becomes of its message."""

from pathlib import Path

import pytest
import redis

from core.errors import RedisUnavailable
from core.settings import Settings
from storage.trades.stream_stores import StreamStores, open_stream_stores
from storage.trades.tickers import Ticker
from tasks.celery_app import make_celery
from tasks.trades.enqueue_stream import EnqueueStream
from tasks.trades.maintain_inbox import keep_intake, take_up
from tasks.trades.process_trades import MOST_TRIES, process_batch
from tasks.trades.stream_messages import pack as pack_batch
from tests.integration.storage.trades.test_trade_writer import (
    START,
    assert_equals_oracle,
    make_trades,
    pack,
)


@pytest.fixture
def stream(redis_client: "redis.Redis", redis_settings: Settings, tmp_path: Path) -> StreamStores:
    return open_stream_stores(
        redis_settings.model_copy(update={"data_dir": tmp_path}), redis_client
    )


@pytest.fixture
def sender(stream: StreamStores, redis_settings: Settings) -> EnqueueStream:
    return EnqueueStream(make_celery(redis_settings.broker_address), stream.intake)


def test_a_batch_is_stored_once_and_forgotten(
    redis_client: "redis.Redis", stream: StreamStores, sender: EnqueueStream
) -> None:
    rows = make_trades(100, 1)
    sender.send("x", {"A-B": [pack(rows)]}, [Ticker("A-B", START // 1_000, price=1.0)])
    batches = stream.intake.waiting()
    assert len(batches) == 2

    for batch_id in batches * 2:
        process_batch(stream, batch_id)

    assert_equals_oracle(redis_client, "A-B", rows)
    assert len(stream.tickers.read("x", "A-B", 0, 2**42, 10)["price"]) == 1
    assert stream.intake.waiting() == []
    assert list(redis_client.scan_iter("intake:*")) == []


def test_a_batch_whose_message_was_lost_is_named_again(
    redis_client: "redis.Redis", stream: StreamStores, sender: EnqueueStream
) -> None:
    sender.send("x", {"A-B": [pack(make_trades(10, 1))]})
    redis_client.delete("stream")

    assert keep_intake(stream, sender, waiting=0) == 0
    redis_client.zadd("index:intake", dict.fromkeys(stream.intake.waiting(), 1))
    assert keep_intake(stream, sender, waiting=0) == 1

    assert redis_client.llen("stream") == 1


def test_a_new_worker_takes_up_at_once_what_another_left(
    redis_client: "redis.Redis", stream: StreamStores, sender: EnqueueStream
) -> None:
    for number in range(3):
        sender.send("x", {"A-B": [pack(make_trades(10, number))]})
    redis_client.delete("stream")

    assert take_up(stream, sender) == 3
    assert redis_client.llen("stream") == 3


def test_batches_that_wait_are_stored_together(
    redis_client: "redis.Redis", stream: StreamStores, sender: EnqueueStream
) -> None:
    rows = make_trades(300, 5)
    for at in range(0, 300, 30):
        sender.send("x", {"A-B": [pack(rows[at : at + 30])]})
    first, *others = stream.intake.waiting()

    process_batch(stream, first)

    assert_equals_oracle(redis_client, "A-B", rows)
    assert stream.intake.waiting() == []
    assert redis_client.xlen("journal:x:A-B") == 1
    for batch_id in others:
        process_batch(stream, batch_id)


def test_a_spoilt_batch_does_not_hold_up_those_beside_it(
    redis_client: "redis.Redis", stream: StreamStores, sender: EnqueueStream
) -> None:
    rows = make_trades(30, 5)
    spoilt = stream.intake.put(b"no batch at all")
    sender.send("x", {"A-B": [pack(rows)]})
    (good,) = [name for name in stream.intake.waiting() if name != spoilt]

    process_batch(stream, good)

    assert_equals_oracle(redis_client, "A-B", rows)
    assert stream.intake.waiting() == [spoilt]


def test_a_batch_that_always_fails_is_put_aside_and_blocks_nobody(stream: StreamStores) -> None:
    batch_id = stream.intake.put(b"no batch at all")

    for _ in range(MOST_TRIES):
        with pytest.raises(Exception, match=r"."):
            process_batch(stream, batch_id)

    assert stream.intake.waiting() == []
    assert stream.intake.dead() == [batch_id]


def test_a_batch_stays_while_redis_is_away_and_its_tries_do_not_count(
    stream: StreamStores, redis_client: "redis.Redis"
) -> None:
    batch_id = stream.intake.put(pack_batch("x", {"A-B": [pack(make_trades(5, 1))]}))

    class Away:
        def write(self, *_: object) -> None:
            raise RedisUnavailable("away")

    import dataclasses

    away = dataclasses.replace(stream, writer=Away())
    for _ in range(MOST_TRIES + 2):
        with pytest.raises(RedisUnavailable):
            process_batch(away, batch_id)

    process_batch(stream, batch_id)
    assert redis_client.xlen("journal:x:A-B") == 1


def test_one_message_tells_of_all_batches_that_come_before_a_worker_looks(
    redis_client: "redis.Redis", stream: StreamStores, sender: EnqueueStream
) -> None:
    rows = make_trades(600, 7)
    for at in range(0, 600, 10):
        sender.send("x", {"A-B": [pack(rows[at : at + 10])]})
        redis_client.persist("index:intake:told")
    first, *_ = stream.intake.waiting()
    assert redis_client.llen("stream") == 1

    while process_batch(stream, first).more:
        assert stream.intake.waiting()

    assert_equals_oracle(redis_client, "A-B", rows)
    assert stream.intake.waiting() == []
    sender.send("x", {"A-B": [pack(make_trades(10, 8))]})
    assert redis_client.llen("stream") == 2


def test_what_was_stored_is_told_by_platform(stream: StreamStores, sender: EnqueueStream) -> None:
    sender.send("x", {"A-B": [pack(make_trades(5, 1))], "C-D": [pack(make_trades(5, 2))]})
    sender.send("y", {"E-F": [pack(make_trades(5, 3))]})
    sender.send("z", {}, [Ticker("A-B", START // 1_000, price=1.0)])

    done = process_batch(stream, stream.intake.waiting()[0])

    assert done.stored == {"x": {"A-B", "C-D"}, "y": {"E-F"}, "z": set()}


def test_batches_that_failed_do_not_hide_those_that_wait_behind_them(
    redis_client: "redis.Redis", stream: StreamStores, sender: EnqueueStream
) -> None:
    for _ in range(50):
        stream.intake.take(stream.intake.put(b"no batch at all"))
    rows = make_trades(30, 5)
    sender.send("x", {"A-B": [pack(rows)]})
    redis_client.zadd("index:intake", {stream.intake.waiting()[-1]: 2**42})

    process_batch(stream, "a message that comes late")

    assert_equals_oracle(redis_client, "A-B", rows)


def test_batches_that_nobody_has_taken_up_need_one_name_and_those_that_failed_one_each(
    redis_client: "redis.Redis", stream: StreamStores, sender: EnqueueStream
) -> None:
    failed = [stream.intake.put(b"no batch at all") for _ in range(2)]
    for batch_id in failed:
        stream.intake.take(batch_id)
    for number in range(5):
        sender.send("x", {"A-B": [pack(make_trades(10, number))]})
    redis_client.delete("stream")
    redis_client.zadd("index:intake", dict.fromkeys(stream.intake.waiting(), 1))

    assert keep_intake(stream, sender, waiting=0) == 3
    assert redis_client.llen("stream") == 3
