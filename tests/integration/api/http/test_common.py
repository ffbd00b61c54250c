"""What all answers have in common."""

import gzip
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.work import hold_candles


async def test_every_error_has_the_house_form(api: Api) -> None:
    for method, path, status in [
        ("GET", "/nowhere", 404),
        ("PATCH", "/tasks", 405),
        ("GET", "/tasks/none", 404),
        ("GET", "/tasks?limit=0", 422),
        ("POST", "/lstm/train", 400),
    ]:
        answer = await api(method, path)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json.keys() == {"error", "detail", "timestamp", "request_id"}
        assert answer.json["detail"].endswith(".")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", answer.json["timestamp"])
        assert answer.json["request_id"] == answer.headers["X-Request-ID"]


async def test_a_request_id_is_taken_over_if_it_is_plain(api: Api) -> None:
    for offered, taken in (("my-id.1", True), ("a b", False), ("x" * 65, False), ('"', False)):
        answer = await api("GET", "/tasks", headers={"X-Request-ID": offered})
        assert (answer.headers["X-Request-ID"] == offered) is taken


async def test_head_answers_as_get_without_a_body(api: Api) -> None:
    for path in ("/", "/tasks", "/docs", "/app", "/app/static/app.js", "/openapi.json"):
        got, head = await api("GET", path), await api("HEAD", path)
        assert head.status_code == got.status_code == 200
        assert head.content == b""
        assert head.headers["Content-Type"] == got.headers["Content-Type"]
        assert head.headers["Content-Length"] == str(len(got.content))


async def test_a_method_that_a_route_does_not_take_is_a_405_that_names_those_it_does(
    api: Api,
) -> None:
    answer = await api("PUT", "/watch")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, POST, OPTIONS"
    assert answer.json["error"] == "method_not_allowed"


async def test_options_names_the_methods(api: Api) -> None:
    answer = await api("OPTIONS", "/lstm/train")
    assert answer.status_code == 200
    assert answer.headers["Allow"] == "POST"


async def test_a_slash_at_the_end_of_a_path_changes_nothing(api: Api) -> None:
    assert (await api("GET", "/tasks/")).status_code == 200


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 422),
        ("application/json; charset=utf-8", 422),
        ("APPLICATION/JSON", 422),
        ("application/json; charset=latin-1", 400),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/xml", 415),
    ],
)
async def test_a_body_of_another_type_is_a_415(api: Api, content_type: str, status: int) -> None:
    headers = {"Content-Type": content_type}
    answer = await api("POST", "/lstm/train", headers=headers, body="{}")
    assert answer.status_code == status


async def test_a_compressed_body_is_a_415(api: Api) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = await api("POST", "/lstm/train", headers=headers, body=gzip.compress(b"{}"))
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("path", "kind", "limit"),
    [
        ("/lstm/train", "application/json", 1 << 20),
        ("/watch", "application/json", 1 << 20),
        ("/ingest/candles/file?symbol=A&resolution=60", "text/csv", 16 << 20),
    ],
)
async def test_a_body_is_read_up_to_its_limit_and_refused_one_byte_beyond(
    api: Api, path: str, kind: str, limit: int
) -> None:
    headers = {"Content-Type": kind}
    fits = await api("POST", path, headers=headers, body=b" " * limit)
    beyond = await api("POST", path, headers=headers, body=b" " * (limit + 1))
    assert fits.status_code in (400, 422)
    assert beyond.status_code == 413
    assert f"{limit:,} bytes" in beyond.json["detail"]


async def test_a_body_of_unknown_length_is_read_no_further_than_its_limit(
    web: httpx.AsyncClient,
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1 << 16
            yield b" " * (1 << 16)

    headers = {"Content-Type": "application/json"}
    answer = await web.post("/lstm/train", headers=headers, content=endless())
    assert answer.status_code == 413
    assert sent <= 2 << 20


async def test_a_large_answer_is_packed_for_those_who_accept_it(api: Api, stores: Stores) -> None:
    hold_candles(stores, 500)
    path = "/candles/coinbase/BTC-USD/1h"
    plain = await api("GET", path)
    packed = await api("GET", path, headers={"Accept-Encoding": "br, gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert len(packed.content) < len(plain.content) / 4
    assert gzip.decompress(packed.content) == plain.content


async def test_redis_away_is_a_503_that_asks_to_come_again(api: Api, stores: Stores) -> None:
    stores.redis.connection_pool.disconnect()
    stores.redis.connection_pool.connection_kwargs["path"] = "/nonexistent/redis.sock"
    answer = await api("GET", "/candles/coinbase/BTC-USD/60")
    assert answer.status_code == 503
    assert answer.json["error"] == "redis_unavailable"
    assert answer.headers["Retry-After"] == "2"
    health = await api.bare("GET", "/health")
    assert health.json["status"] == "degraded"
    assert health.json["parts"]["redis"] == "down"


async def test_a_fault_of_ours_says_nothing_of_its_insides(
    api: Api, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("secret of /etc/passwd")

    monkeypatch.setattr(type(stores.jobs), "get", break_down)
    answer = await api("GET", "/tasks/1")
    assert answer.status_code == 500
    assert answer.json["error"] == "internal_error"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
