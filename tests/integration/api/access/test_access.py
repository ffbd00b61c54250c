"""Nobody without a key gets further than the public routes."""

import asyncio
import time
from typing import Any

import pytest
from falcon.testing import ASGIConductor

from api.app import Application, create_app
from core.process.shared_counts import SharedCounts
from core.robots.accounts import Account
from core.settings import Settings
from storage.access.access_keys import AccessKey
from storage.accounts.key_holders import KeyHolders
from storage.stores import Stores
from storage.trades.stream_stores import open_stream_stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.trades.enqueue_stream import EnqueueStream
from tests.integration.api.conftest import Api

CLOSED = {
    ("GET", "/tasks"), ("GET", "/tasks/1"), ("DELETE", "/tasks/1"), ("GET", "/tasks/1/events"),
    ("GET", "/watch"), ("POST", "/watch"), ("DELETE", "/watch"),
    ("POST", "/ingest/kline/coinbase"), ("POST", "/ingest/candles/coinbase"),
    ("GET", "/candles/coinbase/BTC-USD/60"),
    ("POST", "/lstm/train"), ("POST", "/lstm/predict"), ("POST", "/lstm/predictnsteps"),
    ("GET", "/lstm/models"), ("GET", "/lstm/models/a/b"), ("DELETE", "/lstm/models/a/b"),
    ("GET", "/metrics"), ("GET", "/metrics/prometheus"),
    ("GET", "/no/such/path"), ("OPTIONS", "/tasks"), ("HEAD", "/tasks"),
    ("GET", "//tasks"), ("GET", "/health/.."),
}  # fmt: skip


async def test_an_address_may_call_only_so_often_without_a_valid_key(
    stores: Stores, enqueue: Enqueue, settings: Settings, key: str
) -> None:
    stream = open_stream_stores(settings, stores.redis)
    sender = EnqueueStream(make_celery(settings.broker_address), stream.intake)
    few = settings.model_copy(update={"address_calls": 3})
    counts = SharedCounts(clock=lambda: 30.0)  # no minute turns meanwhile
    app = create_app(stores, stream, enqueue, sender, few, counts)
    async with ASGIConductor(app) as conductor:
        answers = [await conductor.simulate_get(path) for path in ("/tasks", "/docs", "/x", "/")]
        assert [a.status_code for a in answers] == [401, 200, 401, 429]
        assert answers[-1].json["error"] == "too_many_requests"
        assert int(answers[-1].headers["Retry-After"]) > 0
        known = await conductor.simulate_get("/tasks", headers={"X-API-Key": key})
        assert known.status_code == 200


@pytest.mark.parametrize(("method", "path"), sorted(CLOSED))
async def test_a_closed_path_answers_401_without_a_key_and_alike_with_a_bad_one(
    api: Api, method: str, path: str
) -> None:
    for headers in ({}, {"X-API-Key": ""}, {"X-API-Key": "tck_x"}, {"X-API-Key": "k" * 5_000}):
        answer = await api.bare(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("ApiKey")
        if method != "HEAD":
            assert answer.json["error"] == "unauthorized"
            assert answer.json["detail"] == "X-API-Key must hold a valid key."


@pytest.mark.parametrize("path", ["/", "/health", "/docs", "/openapi.json", "/app"])
async def test_a_public_path_answers_without_a_key(api: Api, app: Application, path: str) -> None:
    assert app.routes.is_public(path)
    assert (await api.bare("GET", path)).status_code in (200, 503)
    assert (await api.bare("HEAD", path)).status_code in (200, 503)
    wrong = await api.bare("GET", path, headers={"X-API-Key": "tck_wrong"})
    assert wrong.status_code in (200, 503)


async def test_a_path_that_only_begins_publicly_leads_nowhere(api: Api) -> None:
    for path in ("/app/../tasks", "/app/%2e%2e/tasks", "/app//tasks", "/app/tasks"):
        assert (await api.bare("GET", path)).status_code == 404


async def test_a_path_that_does_not_exist_is_a_404_with_a_key(api: Api) -> None:
    answer = await api("GET", "/no/such/path")
    assert answer.status_code == 404
    assert answer.json["error"] == "not_found"


async def test_a_revoked_key_is_refused_within_a_second(api: Api, stores: Stores) -> None:
    plain, key = stores.keys.create("owner", "short-lived")
    headers = {"X-API-Key": plain}
    assert (await api.bare("GET", "/tasks", headers=headers)).status_code == 200
    stores.keys.revoke(key.id)
    await asyncio.sleep(0.9)
    assert (await api.bare("GET", "/tasks", headers=headers)).status_code == 401


async def test_callers_with_one_key_wait_for_one_look_up(
    api: Api, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = []
    find = KeyHolders.find

    def counted(store: KeyHolders, plain: str) -> tuple[AccessKey, Account | None] | None:
        looked_up.append(plain)
        time.sleep(0.05)
        return find(store, plain)

    monkeypatch.setattr(KeyHolders, "find", counted)
    answers = await asyncio.gather(*(api("GET", "/tasks") for _ in range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(looked_up) == 1


async def test_a_key_in_the_address_opens_nothing(api: Api, key: str) -> None:
    answer = await api.bare("GET", f"/tasks?api_key={key}&X-API-Key={key}")
    assert answer.status_code == 401


async def test_with_auth_off_no_key_is_needed(
    stores: Stores, enqueue: Enqueue, settings: Settings
) -> None:
    open_to_all = settings.model_copy(update={"auth": "off"})
    stream = open_stream_stores(settings, stores.redis)
    sender = EnqueueStream(make_celery(settings.broker_address), stream.intake)
    app: Application = create_app(stores, stream, enqueue, sender, open_to_all)
    async with ASGIConductor(app) as conductor:
        assert (await conductor.simulate_get("/tasks")).status_code == 200
        assert (await conductor.simulate_get("/no/such/path")).status_code == 404


async def test_a_key_never_reaches_the_log(
    api: Api, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await api("GET", "/tasks")
    await api("POST", "/lstm/train", json={"model_name": key})
    written = capsys.readouterr()
    assert "request" in written.out
    assert key not in written.out + written.err


@pytest.mark.parametrize(
    "path",
    ["/", "/health", "/health/detailed", "/api/v1/health", "/docs", "/openapi.json", "/app",
     "/app/static/app.js", "/api/health", "/api/public/stats"],
)  # fmt: skip
def test_the_public_paths_need_no_key(app: Application, path: str) -> None:
    assert app.routes.is_public(path)


@pytest.mark.parametrize(
    "path",
    ["", "//", "/tasks", "/metrics", "/metrics/prometheus", "/watch", "/lstm/models", "/appl",
     "/apps", "/Health", "/health/", "/health/x", "/docs/x", "/openapi.jsonx", "/api",
     "/api/status", "/ingest/candles/app", "/candles/app/app/app",
     "/x/../health"],
)  # fmt: skip
def test_all_others_do(app: Application, path: str) -> None:
    assert not app.routes.is_public(path)


async def test_a_stranger_is_refused_before_any_of_a_body_has_come(app: Application) -> None:
    sent: list[dict[str, Any]] = []

    async def never() -> Any:
        await asyncio.Event().wait()

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/watch",
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"localhost"), (b"content-length", b"9")],
    }
    async with asyncio.timeout(20):
        await app(scope, never, send)
    assert sent[0]["status"] == 401
