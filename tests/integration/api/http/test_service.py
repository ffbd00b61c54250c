"""Health, metrics, documentation and the first page."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.app import Application
from api.health.check import FRESH_S
from core.clock.times import now_ms
from core.series import Market
from storage.jobs.worker_faults import WORKERS
from storage.live.quality import QualityCount, QualityLog
from storage.live.quarantine import Quarantine
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.work import hold_candles

ROOT = Path(__file__).parents[4]


def _heartbeat(stores: Stores, roles: tuple[str, ...] = WORKERS, age_ms: int = 0) -> None:
    for role in roles:
        stores.workers.heartbeat(f"{role}@host", "", {"role": role, "at": now_ms() - age_ms})


async def test_health_is_200_when_all_parts_are_ready_and_503_before(
    api: Api, stores: Stores
) -> None:
    _heartbeat(stores, WORKERS[:-1])
    before = await api.bare("GET", "/health")
    assert (before.status_code, before.json["status"]) == (503, "degraded")
    assert before.json["parts"]["beat"] == "down"
    assert before.headers["Retry-After"]
    _heartbeat(stores)
    await asyncio.sleep(FRESH_S)
    after = await api.bare("GET", "/health")
    assert (after.status_code, after.json["status"]) == (200, "healthy")
    assert set(after.json["parts"]) == {"api", "redis", "database", *WORKERS}
    assert set(after.json["parts"].values()) == {"ready"}


async def test_a_worker_that_fell_silent_is_down_within_seconds(api: Api, stores: Stores) -> None:
    _heartbeat(stores)
    _heartbeat(stores, ("trainer",), age_ms=8_000)
    health = (await api.bare("GET", "/health")).json
    assert [name for name, state in health["parts"].items() if state == "down"] == ["trainer"]


async def test_without_a_key_health_shows_statuses_only(api: Api, stores: Stores) -> None:
    _heartbeat(stores)
    stores.clocks.record("coinbase", 12.0, now_ms())
    public = (await api.bare("GET", "/health")).json
    assert public.keys() == {"status", "timestamp", "parts", "clock"}
    assert public["clock"] == {"status": "ok"}
    full = (await api("GET", "/health")).json
    assert full.keys() >= {"version", "uptime", "workers"}
    assert full["clock"]["offsets"]["coinbase"]["offset_ms"] == 12.0
    assert full["workers"]["beat@host"]["role"] == "beat"


async def test_a_clock_more_than_5_seconds_off_is_reported(api: Api, stores: Stores) -> None:
    _heartbeat(stores)
    stores.clocks.record("coinbase", -5_001, now_ms())
    off = await api("GET", "/health")
    assert (off.status_code, off.json["status"]) == (200, "degraded")
    assert off.json["clock"]["status"] == "off"
    assert off.json["clock"]["offsets"]["coinbase"]["ok"] is False
    stores.clocks.record("coinbase", -5_001, now_ms() - 25 * 3_600_000)
    await asyncio.sleep(FRESH_S)
    assert (await api("GET", "/health")).json["clock"]["status"] == "unknown"


async def test_metrics_count_requests_by_route_and_status(api: Api) -> None:
    await api("GET", "/tasks/none")
    await api("GET", "/nowhere")
    text = await api("GET", "/metrics/prometheus")
    assert text.headers["Content-Type"].startswith("text/plain")
    counted = 'tickcast_requests_total{method="GET",route="/tasks/{task_id}",status="404"} 1.0'
    assert counted in text.text
    assert 'route="none",status="404"' in text.text
    assert "nowhere" not in text.text
    assert 'tickcast_request_seconds_bucket{le="0.015",method="GET"' in text.text
    assert 'tickcast_queue_length{queue="train"} 0.0' in text.text


async def test_metrics_tell_of_jobs_ledger_ingest_and_series(api: Api, stores: Stores) -> None:
    stores.jobs.create("fetch_candles", [("fetch_candles", "fetch")], {})
    Quarantine(stores.redis).record("coinbase", {"accepted": 7, "rejected": 2})
    for symbol in ("A-B", "C-D"):
        QualityLog(stores.redis).count(Market("coinbase", symbol), {QualityCount.LATE: 3})
    hold_candles(stores, 5)
    text = (await api("GET", "/metrics/prometheus")).text
    for line in (
        'tickcast_jobs{state="queued"} 1.0',
        "tickcast_ledger_forecasts_total 0.0",
        "tickcast_ledger_missed_total 0.0",
        "tickcast_ledger_pending 0.0",
        'tickcast_ingest_messages_total{outcome="accepted",platform="coinbase"} 7.0',
        'tickcast_ingest_messages_total{outcome="rejected",platform="coinbase"} 2.0',
        'tickcast_trade_quality_total{count="late",platform="coinbase"} 6.0',
        'tickcast_trade_quality_total{count="quarantined",platform="coinbase"} 0.0',
        "tickcast_intake_batches 0.0",
        "tickcast_series 1.0",
    ):
        assert line in text


@pytest.mark.parametrize("file", ["dashboard.json", "alerts.yml"])
async def test_dashboard_and_alarms_ask_for_metrics_that_there_are(api: Api, file: str) -> None:
    await api("GET", "/tasks/none")
    text = (await api("GET", "/metrics/prometheus")).text
    # Workers count their tasks in files that this application does not share.
    told = {*re.findall(r"^# TYPE (\S+)", text, re.MULTILINE), "tickcast_tasks_total"}
    told |= {f"{name}_{part}" for name in (*told, "tickcast_task_seconds")
             for part in ("bucket", "sum", "count")}  # fmt: skip
    asked = re.findall(r"\btickcast_[a-z_]+", (ROOT / "operate/grafana" / file).read_text())
    assert asked
    assert set(asked) <= told


async def test_metrics_are_text_for_those_who_prefer_it(api: Api) -> None:
    headers = {"Accept": "application/openmetrics-text, text/plain;version=0.0.4;q=0.9, */*;q=0.1"}
    text = await api("GET", "/metrics", headers=headers)
    assert "tickcast_requests_total" in text.text
    assert (await api("GET", "/metrics")).json == {"status": "empty"}


async def test_the_documentation_needs_no_network(api: Api) -> None:
    page = await api.bare("GET", "/docs")
    assert page.status_code == 200
    assert "/openapi.json" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    loaded = re.findall(
        r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']?([^\"' >]+)", page.text
    )
    assert [address for address in loaded if not address.startswith("data:")] == []
    assert "validatorUrl: null" in page.text


async def test_every_route_is_documented(api: Api, app: Application) -> None:
    document = (await api.bare("GET", "/openapi.json")).json
    assert document["openapi"].startswith("3.1")
    undocumented = {"/openapi.json", "/asyncapi.json", "/app/static/{name:path}"}
    undocumented |= {"/app", "/app/claim", "/app/account", "/app/ops", "/app/performance"}
    undocumented |= {"/app/trading", "/app/chat"}
    routed = set()
    for node in _nodes(app._router._roots):
        methods = [
            m
            for m, f in node.method_map.items()
            if f.__qualname__.count(".on_") and m != "WEBSOCKET"
        ]
        routed |= {(node.uri_template, method.lower()) for method in methods}
    described = {(path, method) for path, item in document["paths"].items() for method in item}
    missing = {found for found in routed - described if found[0] not in undocumented}
    assert missing == set()


async def test_the_document_names_every_public_route_and_every_error(
    api: Api, app: Application
) -> None:
    document = (await api.bare("GET", "/openapi.json")).json
    for path, item in document["paths"].items():
        for described in item.values():
            codes = set(described["responses"])
            assert codes >= {"400", "429", "500", "503"}
            public = described.get("security") == [{}, {"ApiKey": []}]
            assert public == app.routes.is_public(path)
            assert public or "401" in codes
            if "requestBody" in described:
                assert codes >= {"413", "415", "422"}


async def test_the_document_says_nothing_that_generators_of_clients_refuse(api: Api) -> None:
    """What they do with it: `pytest -m slow tests/campaign/test_generated_client.py`."""
    document = (await api.bare("GET", "/openapi.json")).json
    described = [one for item in document["paths"].values() for one in item.values()]
    names, shapes = [one["operationId"] for one in described], document["components"]["schemas"]
    assert len(names) == len(set(names))
    for one in described:
        assert all("description" in answer for answer in one["responses"].values())
    for part in _parts(document):
        assert part.get("items") is not False
        assert part.get("type") != "array" or {"items", "prefixItems"} & part.keys()
        assert part.get("enum") not in ([True], [False])
        if reference := part.get("$ref"):
            assert reference.removeprefix("#/components/schemas/") in shapes


def _parts(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from _parts(one)


async def test_the_first_page_brings_no_code_of_others(api: Api) -> None:
    page = await api.bare("GET", "/app")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    loaded = r'<(?:script|link|img|iframe)[^>]+(?:src|href)="([^"]+)"'
    for address in re.findall(loaded, page.text):
        if address.startswith("/"):
            assert (await api.bare("GET", address)).status_code == 200
        else:
            assert address.startswith("data:")
    assert (await api.bare("GET", "/app/static/none.js")).json["error"] == "not_found"
    assert (await api.bare("GET", "/app/static/../main.py")).status_code == 404


def _nodes(nodes: list) -> list:
    return [n for node in nodes for n in ([node] if node.resource else []) + _nodes(node.children)]
