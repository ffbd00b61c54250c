"""`GET /health/detailed`: every part as the sources shape it, and to strangers its status alone."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from api.health.check import FRESH_S
from core.clock.times import format_time, now_ms
from core.series import Market, Series
from core.settings import Settings
from storage.jobs.dead_letters import KEPT_MESSAGES, queue_message
from storage.jobs.worker_faults import WORKERS
from storage.live.inbox import Intake
from storage.stores import Stores
from storage.trades.stream_stores import open_stream_stores
from storage.trades.tickers import Ticker
from tests.integration.api.conftest import Api


@pytest.fixture(autouse=True)
def _working(stores: Stores) -> None:
    for role in WORKERS:
        fields = {"role": role, "at": now_ms() + 5_000, "memory_mb": 80, "models": 2}
        stores.workers.heartbeat(f"{role}@host", "", fields)


async def test_the_body_has_every_field_of_the_source(api: Api) -> None:
    answer = await api("GET", "/health/detailed")
    assert answer.status_code == 200
    body = answer.json
    assert (body["status"], body["reasons"]) == ("healthy", {})
    parts = body["components"]
    assert parts["api"]["status"] == "up"
    assert parts["api"]["response_time_ms"] > 0
    assert parts["models"] == {"status": "up", "loaded_count": 2 * len(WORKERS), "total_count": 0}
    assert parts["redis"]["status"] == "up"
    assert 0 < parts["redis"]["latency_ms"] < 1_000
    assert parts["binance"] == {"status": "down", "last_price_update": None, "watched": False}
    pool = parts["database"]["connection_pool"]
    assert pool.keys() == {"active", "idle", "max"}
    assert pool["max"] >= 1
    assert set(parts["broker"]["queues"]) >= {"predict", "train"}
    assert parts["workers"]["beat"] == {
        "status": "up", "processes": 1, "memory_mb": 80, "reason": None,
    }  # fmt: skip
    assert body["metrics"].keys() == {
        "uptime_seconds", "requests_per_minute", "avg_latency_ms", "error_rate_percent",
    }  # fmt: skip


async def test_a_stranger_sees_statuses_and_nothing_else(api: Api) -> None:
    body = (await api.bare("GET", "/health/detailed")).json
    assert body.keys() == {"status", "timestamp", "components"}
    parts = body["components"]
    for group in ("workers", "exchanges"):
        for part in parts.pop(group).values():
            assert part.keys() == {"status"}
    assert all(part.keys() == {"status"} for part in parts.values())


async def test_under_api_v1_the_same_is_told_and_the_details_need_a_key(api: Api) -> None:
    brief = (await api("GET", "/health")).json
    under = (await api("GET", "/api/v1/health")).json
    assert under.keys() == brief.keys()
    assert (await api.bare("GET", "/api/v1/health")).status_code == 200
    assert (await api("GET", "/api/v1/health/detailed")).json["components"]
    refused = await api.bare("GET", "/api/v1/health/detailed")
    assert (refused.status_code, refused.json["success"]) == (401, False)


async def test_the_brief_body_has_the_fields_of_every_source(api: Api) -> None:
    body = (await api("GET", "/health")).json
    assert body.keys() >= {
        "status", "timestamp", "version", "uptime", "providers", "models_loaded",
        "llm_provider", "model", "gpu_available", "reasons",
    }  # fmt: skip
    assert body["models_loaded"] is True
    assert isinstance(body["uptime"], int)
    assert isinstance(body["gpu_available"], bool)


async def test_a_platform_is_as_fresh_as_what_came_of_it(
    api: Api, stores: Stores, settings: Settings
) -> None:
    stream = open_stream_stores(settings, stores.redis)
    stores.watches.add(Series("kraken", "XBTUSD", 60))
    now = now_ms()
    stream.tickers.write("binance", [Ticker("BTCUSDT", now - 1_000, price=1.0)])
    stream.tickers.write("bitmex", [Ticker("XBTUSD", now - 600_000, price=1.0)])
    stream.traded.note([Market("binance", "BTCUSDT"), Market("bitmex", "XBTUSD")])
    shown = (await api("GET", "/health/detailed")).json["components"]["exchanges"]
    assert shown["binance"] == {
        "status": "up", "last_price_update": format_time(now - 1_000), "watched": False,
    }  # fmt: skip
    assert shown["bitmex"]["status"] == "down"
    assert shown["kraken"] == {"status": "up", "last_price_update": None, "watched": True}
    stores.watches.record(Series("kraken", "XBTUSD", 60), None)
    await asyncio.sleep(FRESH_S)
    providers = (await api("GET", "/health")).json["providers"]
    assert {p["name"]: p["status"] for p in providers}["kraken"] == "up"
    bitmex = next(p for p in providers if p["name"] == "bitmex")
    assert bitmex == {
        "name": "bitmex", "status": "down", "last_success": format_time(now - 600_000),
        "detail": "its prices do not come", "last_price_update": format_time(now - 600_000),
    }  # fmt: skip


async def test_a_database_that_somebody_keeps_locked_is_down_and_then_up_again(
    api: Api, stores: Stores
) -> None:
    other = sqlite3.connect(str(stores.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    body = (await api("GET", "/health")).json
    assert (body["status"], body["parts"]["database"]) == ("degraded", "down")
    assert body["reasons"] == {"database": "does not answer"}
    other.execute("ROLLBACK")
    other.close()
    for _ in range(50):
        await asyncio.sleep(0.1)
        found = (await api.bare("GET", "/health")).json["status"]
        if found == "healthy":
            break
    assert found == "healthy"


async def test_a_caller_with_a_key_hears_of_a_lost_database_too(
    api: Api, stores: Stores, tmp_path: Path
) -> None:
    file = Path(str(stores.engine.url.database))
    assert (await api("GET", "/health")).json["status"] == "healthy"
    stores.engine.dispose()
    file.rename(tmp_path / "aside")
    await asyncio.sleep(FRESH_S)
    for path in ("/health", "/health/detailed", "/api/v1/health"):
        answer = await api("GET", path)
        assert (answer.status_code, answer.json["status"]) == (503, "degraded")
    stores.engine.dispose()
    (tmp_path / "aside").replace(file)
    await asyncio.sleep(FRESH_S)
    assert (await api("GET", "/health")).json["status"] == "healthy"


async def test_dead_letters_are_named_counted_and_given_up(api: Api, stores: Stores) -> None:
    intake = Intake(stores.redis)
    batch_id = intake.put(b"unusable")
    intake.bury(batch_id)
    with stores.redis.pipeline() as pipe:
        for number in range(KEPT_MESSAGES + 1):
            queue_message(pipe, f"{number}")
        pipe.execute()
    health = (await api("GET", "/health")).json
    assert health["status"] == "degraded"
    assert health["dead_letters"] == {"messages": KEPT_MESSAGES, "batches": 1}
    assert "1,000 messages" in health["reasons"]["dead letters"]
    assert "dead_letters" not in (await api.bare("GET", "/health")).json
    metrics = (await api("GET", "/metrics/prometheus")).text
    assert f"tickcast_dead_messages_total {KEPT_MESSAGES + 1:.1f}" in metrics
    assert "tickcast_dead_batches 1.0" in metrics

    stores.dead_letters.forget()
    assert stores.dead_letters.counts() == (KEPT_MESSAGES + 1, 0, 0)
    assert intake.take(batch_id) is None
    await asyncio.sleep(FRESH_S)
    assert (await api("GET", "/health")).json["status"] == "healthy"


async def test_tokens_of_venues_that_cannot_be_read_are_told(api: Api, stores: Stores) -> None:
    locked = stores.connections.lock(0, "acc-1", "a token of sixteen letters")
    stores.connections.keep_locked(0, "metaapi", "acc-1", locked)
    (stores.data_dir / "vault.key").unlink()
    body = (await api("GET", "/health/detailed")).json
    assert body["status"] == "degraded"
    assert "vault.key is missing" in body["reasons"]["tokens of venues"]
