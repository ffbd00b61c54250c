"""Pages of other origins: none may call but those that the settings name; groups of routes."""

import json
from collections.abc import Callable

import pytest
from falcon import WebSocketDisconnected
from falcon.testing import ASGIConductor, Result

from api.app import Application, create_app
from core.settings import Settings
from storage.stores import Stores
from storage.trades.stream_stores import open_stream_stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.trades.enqueue_stream import EnqueueStream

OURS, OTHER = "https://app.example.com", "https://evil.example.com"
Make = Callable[..., Application]


@pytest.fixture
def make(stores: Stores, enqueue: Enqueue, settings: Settings) -> Make:
    """Makes an application with other settings."""

    def made(**other: str) -> Application:
        own = settings.model_copy(update=other)
        stream = open_stream_stores(own, stores.redis)
        sender = EnqueueStream(make_celery(own.broker_address), stream.intake)
        return create_app(stores, stream, enqueue, sender, own)

    return made


async def ask(app: Application, method: str, path: str, **headers: str) -> Result:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with ASGIConductor(app) as conductor:
        return await conductor.simulate_request(method, path, headers=sent)


async def test_by_default_no_other_origin_is_named(make: Make, key: str) -> None:
    app = make()
    answer = await ask(app, "GET", "/api/symbols", Origin=OURS, X_API_Key=key)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    asked = await ask(app, "OPTIONS", "/api/symbols", Origin=OURS,
                      Access_Control_Request_Method="GET")  # fmt: skip
    assert asked.status_code == 401
    assert "access-control-allow-origin" not in asked.headers


async def test_a_page_that_is_named_may_ask_call_and_read(make: Make, key: str) -> None:
    app = make(cors_origins=f"{OURS}, http://localhost:5173")
    asked = await ask(app, "OPTIONS", "/api/sync/BTCUSD", Origin="http://localhost:5173",
                      Access_Control_Request_Method="POST")  # fmt: skip
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert "X-API-Key" in asked.headers["access-control-allow-headers"]
    assert "X-Admin-Secret" not in asked.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in asked.headers
    answer = await ask(app, "GET", "/api/symbols", Origin=OURS, X_API_Key=key)
    assert answer.headers["access-control-allow-origin"] == OURS
    assert "Origin" in answer.headers["vary"]
    refused = await ask(app, "POST", "/api/sync/NOPE", Origin=OURS)
    # A page reads why it was refused, too.
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, OURS)
    posted = await ask(app, "POST", "/api/sync/NOPE", Origin=OURS, X_API_Key=key)
    assert posted.status_code == 400


async def test_no_other_page_may(make: Make, key: str) -> None:
    app = make(cors_origins=OURS)
    for origin in (OTHER, OURS.replace("https", "http"), f"{OURS}:8443", "null"):
        answer = await ask(app, "GET", "/api/symbols", Origin=origin, X_API_Key=key)
        assert "access-control-allow-origin" not in answer.headers
        assert "Origin" in answer.headers["vary"]
        posted = await ask(app, "POST", "/api/sync/NOPE", Origin=origin, X_API_Key=key)
        assert posted.status_code == 403


async def test_a_page_that_is_named_may_open_a_socket(make: Make, key: str) -> None:
    async with ASGIConductor(make(cors_origins=OURS)) as conductor:
        headers = {"X-API-Key": key, "Origin": OURS}
        async with conductor.simulate_ws("/ws/stream", headers=headers) as ws:
            await ws.send_text('{"action": "ping"}')
            assert json.loads(await ws.receive_text())["type"] == "pong"
        with pytest.raises(WebSocketDisconnected):
            async with conductor.simulate_ws("/ws/stream", headers=headers | {"Origin": OTHER}):
                pass


async def test_a_process_serves_the_groups_that_it_is_told(make: Make, key: str) -> None:
    app = make(groups="data")
    for path, status in (("/api/symbols", 200), ("/slots", 404), ("/health", 503), ("/tasks", 200)):
        assert (await ask(app, "GET", path, X_API_Key=key)).status_code == status, path
    paths = (await ask(app, "GET", "/openapi.json")).json["paths"]
    assert "/api/ohlcv" in paths
    assert "/api/v1/signals" not in paths
    other = make(groups="ml, trade")
    assert (await ask(other, "GET", "/api/symbols", X_API_Key=key)).status_code == 404
    assert (await ask(other, "GET", "/slots", X_API_Key=key)).status_code == 200
