"""An installation with trained markets, and a worker that answers for them."""

from collections.abc import AsyncIterator, Iterator

import pytest
from falcon.testing import ASGIConductor

from api.app import create_app
from core.settings import Settings
from storage.stores import Stores
from storage.trades.stream_stores import open_stream_stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.trades.enqueue_stream import EnqueueStream
from tests.integration.api.conftest import Api
from tests.integration.tasks.jobs.workbench import Workbench
from tests.integration.tasks.signals.market import COUNT, NOISE, TREND, candles, shared_close, train


@pytest.fixture(scope="module")
def bench(
    redis_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workbench]:
    """A market of noise, one whose direction is foreseen, and a worker of the queue predict."""
    own = {
        "data_dir": tmp_path_factory.mktemp("outlooks"),
        "redis_url": redis_settings.redis_address,
        "signal_horizons": {"5m": 6},
    }
    bench = Workbench(redis_settings.model_copy(update=own))
    bench.stores.redis.flushall()
    for series, coefficient in ((NOISE, 0.0), (TREND, 0.7)):
        bench.stores.candles.write(series, candles(COUNT, shared_close(), coefficient))
        assert train(bench.stores, series, 6).error is None
    bench.worker("-Q", "predict", "-P", "threads", "-c", "4", app="tasks.main", name="worker")
    yield bench
    bench.close()


@pytest.fixture
def enqueue(stores: Stores, redis_settings: Settings) -> Enqueue:
    """The real sender of jobs; no worker listens."""
    return Enqueue(stores.jobs, stores.uploads, make_celery(redis_settings.broker_address))


@pytest.fixture
async def api(bench: Workbench) -> AsyncIterator[Api]:
    """A caller of an application on that installation."""
    stream = open_stream_stores(bench.settings, bench.stores.redis)
    sender = EnqueueStream(bench.celery, stream.intake)
    app = create_app(bench.stores, stream, bench.enqueue, sender, bench.settings)
    async with ASGIConductor(app) as conductor:
        yield Api(conductor, bench.stores.keys.create("owner", "test")[0])
