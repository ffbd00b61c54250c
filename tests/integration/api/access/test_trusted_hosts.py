"""A page elsewhere can make a browser call here, and gets nothing done by it."""

import pytest
from falcon import WebSocketDisconnected
from falcon.testing import ASGIConductor

from api.app import create_app
from core.settings import Settings
from storage.stores import Stores
from storage.trades.stream_stores import open_stream_stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.trades.enqueue_stream import EnqueueStream

HOST = "localhost:8000"


@pytest.fixture(params=["on", "off"])
def conductor(
    request: pytest.FixtureRequest, stores: Stores, enqueue: Enqueue, settings: Settings
) -> ASGIConductor:
    """The application with and without keys, with the hosts that it trusts by default."""
    own = settings.model_copy(update={"auth": request.param, "trusted_hosts": "ticks.example"})
    stream = open_stream_stores(own, stores.redis)
    sender = EnqueueStream(make_celery(own.broker_address), stream.intake)
    return ASGIConductor(create_app(stores, stream, enqueue, sender, own))


@pytest.mark.parametrize("path", ["/", "/tasks", "/docs", "/app", "/no/such/path"])
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "localhost.evil.example", "10.0.0.9", "[::2]", "["],
)
async def test_a_foreign_name_is_refused_on_every_path(
    conductor: ASGIConductor, key: str, path: str, host: str
) -> None:
    async with conductor as caller:
        answer = await caller.simulate_get(path, headers={"X-API-Key": key}, host=host)
        assert (answer.status_code, answer.json["error"]) == (400, "malformed_request")
        assert "TICKCAST_TRUSTED_HOSTS" in answer.json["detail"]


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000", "ticks.example"]
)
async def test_our_own_names_are_served(conductor: ASGIConductor, key: str, host: str) -> None:
    async with conductor as caller:
        answer = await caller.simulate_get("/tasks", headers={"X-API-Key": key}, host=host)
        assert answer.status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9"])
async def test_a_foreign_page_changes_nothing_whatever_it_sends(
    conductor: ASGIConductor, key: str, stores: Stores, origin: str
) -> None:
    headers = {"X-API-Key": key, "Origin": origin}
    body = '{"symbol": "BTC-USD", "resolution": "1m"}'
    async with conductor as caller:
        for method in ("POST", "DELETE", "PUT", "PATCH"):
            answer = await caller.simulate_request(
                method, "/watch", headers=headers, body=body, host=HOST
            )
            assert (answer.status_code, answer.json["error"]) == (403, "forbidden")
        with pytest.raises(WebSocketDisconnected):
            async with caller.simulate_ws("/ws/stream", headers=headers, host=HOST):
                pass
        # Reading stays what it is: the browser itself keeps the answer from that page.
        assert (await caller.simulate_get("/tasks", headers=headers, host=HOST)).status_code == 200
    assert stores.watches.list() == []


@pytest.mark.parametrize("origin", ["http://localhost:8000", "https://ticks.example", None])
async def test_our_own_pages_and_programs_may(
    conductor: ASGIConductor, key: str, origin: str | None
) -> None:
    headers = {"X-API-Key": key}
    headers |= {"Origin": origin} if origin else {}
    body = '{"symbol": "BTC-USD", "resolution": "1m"}'
    async with conductor as caller:
        answer = await caller.simulate_post("/watch", headers=headers, body=body, host=HOST)
        assert answer.status_code == 201
