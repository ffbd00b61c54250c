"""A message that nobody can read is put aside; the worker that took it goes on."""

import json
from typing import Any

import pytest

from core.jobs import JobState
from storage import keys
from tests.integration.tasks.jobs.workbench import Workbench, eventually

POISON = (
    b"no json at all",
    b"\xff\xfe\x00 no text",
    b"[1, 2]",
    b"3",
    b"{}",
    b'{"body": "x", "properties": {}, "headers": {}}',
    b'{"body": "x", "properties": {"delivery_tag": 1, "delivery_info": 2}, "headers": {}}',
    b"[" * 100_000,
    json.dumps({"body": {"no": "text"}, "properties": None}).encode(),
)


@pytest.mark.parametrize("pool", [("-P", "threads", "-c", "2"), ("-P", "solo")], ids=["t", "s"])
def test_poison_is_put_aside_and_counted_and_no_worker_ends_of_it(
    bench: Workbench, pool: tuple[str, ...]
) -> None:
    worker = bench.worker("-Q", "fetch", *pool)
    client = bench.stores.redis
    for one in POISON:
        client.lpush("fetch", one)

    after = bench.job("odd_slow", seconds=0)

    assert bench.ended(after).state == JobState.SUCCEEDED
    eventually(lambda: client.llen(keys.DEAD_MESSAGES) == len(POISON))
    assert worker.poll() is None
    assert all(len(kept) <= 4_096 for kept in client.lrange(keys.DEAD_MESSAGES, 0, -1))  # type: ignore[union-attr]
    assert client.llen("fetch") == 0


def test_a_message_that_names_no_task_is_put_aside(bench: Workbench) -> None:
    worker = bench.worker()
    message = json.loads(_message(bench))
    message["headers"]["task"] = "no_such_task"
    bench.stores.redis.lpush("fetch", json.dumps(message))

    eventually(lambda: bench.stores.dead_letters.counts().messages == 1)
    assert b"no_such_task" in bench.stores.redis.lindex(keys.DEAD_MESSAGES, 0)  # type: ignore[operator]
    assert worker.poll() is None


OF_ANOTHER_KIND: tuple[dict[str, Any], ...] = (
    {"content-type": "application/x-python-serialize"},
    {"content-type": "application/x-msgpack"},
    {"content-type": None},
    {"body": "bm8ganNvbg=="},  # no json
    {"body": "no base64"},
    {"body": "e30="},  # {}
    {"body": "W10="},  # []
    {"body": "W1tdLCAxLCAyXQ=="},  # [[], 1, 2]
    {"body": "bnVsbA=="},  # null
    {"headers": {"compression": "zlib"}},
    {"headers": {"compression": "none such"}},
    {"headers": {}},
)


def test_a_message_of_another_kind_is_kept_and_the_worker_goes_on(bench: Workbench) -> None:
    worker = bench.worker()
    for change in OF_ANOTHER_KIND:
        message = json.loads(_message(bench))
        if change.get("headers"):
            change = {"headers": message["headers"] | change["headers"]}
        bench.stores.redis.lpush("fetch", json.dumps(message | change))

    after = bench.job("odd_slow", seconds=0)

    assert bench.ended(after).state == JobState.SUCCEEDED
    assert worker.poll() is None
    eventually(lambda: bench.stores.dead_letters.counts().messages == len(OF_ANOTHER_KIND))
    # The job is over before its message is acknowledged.
    eventually(lambda: bench.stores.redis.hlen("unacked") == 0)


def _message(bench: Workbench) -> bytes:
    """A message of the right form, made by the sender itself."""
    bench.celery.send_task("odd_slow", args=("x", 0), queue="aside")
    return bench.stores.redis.rpop("aside")  # type: ignore[return-value]
