"""The routes of /api/v1 count the calls of a key, exactly, whatever comes at once."""

import asyncio
import time

import pytest
import redis

from api.app import Application
from storage.stores import Stores
from tests.integration.api.conftest import Api

ROUTE = "/api/v1/indicators?symbol=NONE"


@pytest.fixture
def reader(stores: Stores) -> dict[str, str]:
    """The headers of a reader."""
    return {"X-API-Key": stores.keys.create("reader", "test")[0]}


# What asks for signals by the names users say shares one count.
ENGINE = (
    "GET /api/signals/active", "GET /api/ml/signals/active", "POST /api/amd/{symbol}",
    "POST /api/ml/amd/{symbol}", "POST /generate/signal", "POST /predict/range",
)  # fmt: skip
# So do orders, and what terminals read. Closing a position is never counted.
AGENT, DATA = "/api/v1/auto-trade/mt4", "/api/mt4"
ORDERS = (
    f"POST {DATA}/trade", f"POST {AGENT}/connect", f"POST {DATA}/connect",
    "POST /api/portfolio/positions", f"POST {AGENT}/disconnect", f"POST {DATA}/disconnect",
    "POST /api/v1/auto-trade/config", "POST /api/v1/auto-trade/decisions/{decision_id}/confirm",
    "POST /api/v1/auto-trade/decisions/{decision_id}/reject",
)  # fmt: skip
TERMINALS = (
    f"GET {AGENT}/status", f"GET {DATA}/status", f"GET {AGENT}/positions",
    f"GET {DATA}/positions", f"GET {DATA}/tick/{{symbol}}", f"GET {DATA}/candles/{{symbol}}",
)  # fmt: skip


def test_the_limits_are_those_of_the_sources(app: Application) -> None:
    by_route = {
        f"{method} {route.template}": limit.calls
        for route in app.routes
        for method, limit in route.limits.items()
        if not limit.of_account
    }
    assert by_route == {
        "POST /api/v1/predictions": 100,
        "POST /api/v1/signals": 100,
        "POST /api/v1/chat": 20,
        "POST /api/chat": 20,
        "GET /api/v1/signals/history": 60,
        "GET /api/v1/indicators": 120,
        "GET /api/v1/models/status": 30,
        "GET /api/v1/models/{model_name}/metrics": 30,
        **dict.fromkeys(ENGINE, 100),
        **dict.fromkeys(ORDERS, 60),
        **dict.fromkeys(TERMINALS, 120),
    }


async def test_answers_count_down_and_the_first_too_many_is_a_429_that_says_when(
    api: Api, reader: dict[str, str]
) -> None:
    for left in range(119, -1, -1):
        answer = await api.bare("GET", ROUTE, headers=reader)
        assert answer.status_code == 400
        assert answer.headers["X-RateLimit-Limit"] == "120"
        assert answer.headers["X-RateLimit-Remaining"] == str(left)
        assert 0 < int(answer.headers["X-RateLimit-Reset"]) - time.time() <= 61
    refused = await api.bare("GET", ROUTE, headers=reader)
    assert refused.status_code == 429
    assert refused.json["success"] is False
    assert refused.json["error"]["code"] == "RATE_LIMIT_EXCEEDED"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["X-RateLimit-Remaining"] == "0"


async def test_a_burst_of_parallel_calls_never_exceeds_the_limit(
    api: Api, reader: dict[str, str]
) -> None:
    answers = await asyncio.gather(*(api.bare("GET", ROUTE, headers=reader) for _ in range(200)))
    codes = [answer.status_code for answer in answers]
    assert (codes.count(400), codes.count(429)) == (120, 80)


async def test_a_redis_that_forgot_our_scripts_counts_each_call_once(
    api: Api, reader: dict[str, str], redis_client: "redis.Redis"
) -> None:
    for left in (119, 118):
        redis_client.script_flush()
        answer = await api.bare("GET", ROUTE, headers=reader)
        assert answer.headers["X-RateLimit-Remaining"] == str(left)


async def test_each_key_has_its_own_count_and_owners_have_none(
    api: Api, stores: Stores, reader: dict[str, str], redis_client: "redis.Redis"
) -> None:
    await asyncio.gather(*(api.bare("GET", ROUTE, headers=reader) for _ in range(125)))
    other = {"X-API-Key": stores.keys.create("reader", "other")[0]}
    assert (await api.bare("GET", ROUTE, headers=other)).headers["X-RateLimit-Remaining"] == "119"
    for _ in range(130):
        answer = await api("GET", ROUTE)
        assert answer.status_code == 400
        assert "X-RateLimit-Limit" not in answer.headers


async def test_other_routes_are_not_counted(
    api: Api, reader: dict[str, str], redis_client: "redis.Redis"
) -> None:
    for _ in range(130):
        assert (await api.bare("GET", "/tasks?limit=1", headers=reader)).status_code == 200
    assert (await api.bare("GET", "/api/v1/none", headers=reader)).status_code == 404
    assert redis_client.keys("limits*") == []


async def test_what_counts_holds_the_key_s_id_and_never_the_key(
    api: Api, reader: dict[str, str], redis_client: "redis.Redis"
) -> None:
    await api.bare("GET", ROUTE, headers=reader)
    names = b" ".join(redis_client.keys("*"))
    assert reader["X-API-Key"].split("_")[1].encode() in names
    assert reader["X-API-Key"].split("_")[2].encode() not in names


async def test_errors_under_api_v1_have_the_body_of_the_source(
    api: Api, app: Application, reader: dict[str, str]
) -> None:
    for method, path, headers, status, code in (
        ("GET", "/api/v1/indicators", {}, 401, "AUTHENTICATION_ERROR"),
        ("GET", "/api/v1/none", reader, 404, "NOT_FOUND"),
        ("PUT", "/api/v1/indicators", reader, 403, "FORBIDDEN"),
        ("GET", "/api/v1/indicators", reader, 400, "VALIDATION_ERROR"),
    ):
        answer = await api.bare(method, path, headers=headers)
        assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
        assert answer.json.keys() == {"success", "error", "metadata"}
        assert answer.json["error"].keys() == {"code", "message", "details"}
        assert answer.json["metadata"]["request_id"] == answer.headers["X-Request-ID"]
