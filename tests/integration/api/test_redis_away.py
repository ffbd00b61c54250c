"""Redis hangs or is killed: who needs it hears 503 soon, who does not hears nothing of it."""

import asyncio
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from falcon.testing import ASGIConductor

from api.app import create_app
from api.http.threads import refuse_while_away
from core.settings import Settings
from operate.embedded_redis import start_redis, stop_redis
from storage.redis_breaker import RedisBreaker
from storage.redis_connection import REQUEST_SECONDS
from storage.stores import open_stores
from storage.trades.stream_stores import open_stream_stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.trades.enqueue_stream import EnqueueStream
from tests.conftest import FALCONS_HOST
from tests.integration.api.conftest import Api
from tests.migrated import lay_tables

READERS = 200
NEEDS_REDIS = (
    ("GET", "/candles", None),
    ("GET", "/candles/coinbase/BTC-USD/60", None),
    ("GET", "/trades/coinbase/BTC-USD", None),
    ("POST", "/ingest/x", '{"type": "trade", "symbol": "A", "price": "1", "size": "1"}'),
)
NEEDS_SQL_ONLY = (
    "/tasks", "/watch", "/slots", "/ledger", "/ledger?format=csv", "/scoreboard", "/lstm/models",
)  # fmt: skip
# Beyond the time-out itself there is only the machine's own slowness.
SOON = REQUEST_SECONDS + 8


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[tuple[Settings, subprocess.Popen[bytes]]]:
    settings = Settings(
        data_dir=tmp_path / "data",
        redis_fsync="everysec",
        trusted_hosts=FALCONS_HOST,
        _env_file=None,
    )
    process = start_redis(settings)
    yield settings, process
    process.send_signal(signal.SIGCONT)
    stop_redis(process)


@pytest.fixture
async def caller(own_redis: tuple[Settings, subprocess.Popen[bytes]]) -> AsyncIterator[Api]:
    """A caller of an application that is wired as `api.main` does."""
    settings, process = own_redis
    breaker = RedisBreaker(settings.redis_address)
    refuse_while_away(breaker.refuse)
    stores = open_stores(settings, breaker)
    lay_tables(stores.engine)
    stream = open_stream_stores(settings, stores.redis)
    celery = make_celery(settings.broker_address, answer_s=REQUEST_SECONDS)
    enqueue = Enqueue(stores.jobs, stores.uploads, celery, breaker)
    sender = EnqueueStream(celery, stream.intake, breaker)
    app = create_app(stores, stream, enqueue, sender, settings)
    key = stores.keys.create("owner", "test")[0]
    async with ASGIConductor(app) as conductor:
        yield Api(conductor, key)
        process.send_signal(signal.SIGCONT)
    refuse_while_away(lambda: None)
    stores.close()


async def timed(caller: Api, method: str, path: str, body: str | None) -> tuple[int, float]:
    began = time.perf_counter()
    answer = await caller(method, path, body=body)
    return answer.status_code, time.perf_counter() - began


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
async def test_while_redis_is_away_who_needs_it_hears_503_and_others_are_served(
    caller: Api, own_redis: tuple[Settings, subprocess.Popen[bytes]], number: signal.Signals
) -> None:
    assert (await caller("GET", "/candles")).status_code == 200
    own_redis[1].send_signal(number)

    calls = [NEEDS_REDIS[n % len(NEEDS_REDIS)] for n in range(READERS)]
    readers = asyncio.gather(*(timed(caller, *call) for call in calls))
    others = []
    while not readers.done():
        others += [await timed(caller, "GET", path, None) for path in NEEDS_SQL_ONLY]
        await asyncio.sleep(0.02)

    answers = await readers
    assert {status for status, _ in answers} == {503}
    assert max(seconds for _, seconds in answers) < SOON
    assert {status for status, _ in others} == {200}
    # None of them waits as long as one that needs Redis.
    assert sorted(seconds for _, seconds in others)[len(others) // 2] < REQUEST_SECONDS / 2

    # From here on nobody finds out by waiting.
    _, seconds = await timed(caller, *NEEDS_REDIS[0])
    assert seconds < REQUEST_SECONDS / 2


async def test_soon_after_redis_answers_again_all_is_served(
    caller: Api, own_redis: tuple[Settings, subprocess.Popen[bytes]]
) -> None:
    own_redis[1].send_signal(signal.SIGSTOP)
    assert (await caller("GET", "/candles")).status_code == 503
    own_redis[1].send_signal(signal.SIGCONT)
    for _ in range(100):
        if (answer := await caller("GET", "/candles")).status_code == 200:
            break
        assert answer.json["error"] == "redis_unavailable"
        await asyncio.sleep(0.05)
    assert answer.status_code == 200
