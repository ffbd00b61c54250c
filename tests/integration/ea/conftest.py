"""A whole server that a terminal reaches over a socket, on a clock that a test sets."""

import threading
import time
from collections.abc import Iterator

import pytest
import time_machine
import uvicorn

from api.app import create_app
from bench.running_tickcast import free_port
from core.settings import Settings
from storage.stores import Stores
from storage.trades.stream_stores import open_stream_stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.trades.enqueue_stream import EnqueueStream
from tests.integration.ea.stage import BEGIN, Stage


@pytest.fixture
def travel() -> Iterator[time_machine.Traveller]:
    """The clock of this process, at a winter's Wednesday before clocks change."""
    with time_machine.travel(BEGIN) as traveller:
        yield traveller


@pytest.fixture
def stage(
    travel: time_machine.Traveller, stores: Stores, redis_settings: Settings
) -> Iterator[Stage]:
    """The server; no worker listens, a test does their work by hand."""
    celery = make_celery(redis_settings.broker_address)
    stream = open_stream_stores(redis_settings, stores.redis)
    enqueue = Enqueue(stores.jobs, stores.uploads, celery)
    sender = EnqueueStream(celery, stream.intake)
    app = create_app(stores, stream, enqueue, sender, redis_settings)
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_level="critical", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Stage(stores, f"http://127.0.0.1:{port}", travel)
    server.should_exit = server.force_exit = True
    thread.join()
