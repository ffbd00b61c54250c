"""A whole application on real stores, called through ASGI."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from falcon.testing import ASGIConductor, Result

from api.app import Application, create_app
from core.process.shared_counts import SharedCounts
from core.settings import Settings
from storage.stores import Stores
from storage.trades.stream_stores import open_stream_stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.trades.enqueue_stream import EnqueueStream


@pytest.fixture
def settings(redis_settings: Settings) -> Settings:
    """Settings of an application on the session's Redis."""
    return redis_settings


@pytest.fixture
def enqueue(stores: Stores, settings: Settings) -> Enqueue:
    """The real sender of jobs; no worker listens."""
    return Enqueue(stores.jobs, stores.uploads, make_celery(settings.broker_address))


@pytest.fixture
def counts() -> SharedCounts:
    """What the application counts of keys, as its processes do together."""
    return SharedCounts()


@pytest.fixture
def app(stores: Stores, enqueue: Enqueue, settings: Settings, counts: SharedCounts) -> Application:
    """The application."""
    stream = open_stream_stores(settings, stores.redis)
    sender = EnqueueStream(make_celery(settings.broker_address), stream.intake)
    return create_app(stores, stream, enqueue, sender, settings, counts)


@pytest.fixture
def key(stores: Stores) -> str:
    """A valid key."""
    return stores.keys.create("owner", "test")[0]


class Api:
    """Calls an application with a key, as a caller would."""

    def __init__(self, conductor: ASGIConductor, key: str) -> None:
        self._conductor = conductor
        self._key = key

    async def __call__(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> Result:
        """Send one request with the key."""
        sent = {"X-API-Key": self._key, **(headers or {})}
        return await self._conductor.simulate_request(method, path, headers=sent, **more)

    async def bare(self, method: str, path: str, **more: Any) -> Result:
        """Send one request without the key."""
        return await self._conductor.simulate_request(method, path, **more)


@pytest.fixture
async def api(app: Application, key: str) -> AsyncIterator[Api]:
    """A caller with a key; the application has started and will end."""
    async with ASGIConductor(app) as conductor:
        yield Api(conductor, key)


@pytest.fixture
async def web(app: Application, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a key that sends and reads streams; unlike `api`, it stays to the end."""
    headers = {"X-API-Key": key}
    async with ASGIConductor(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, headers=headers, base_url="http://localhost"
        ) as client:
            yield client
