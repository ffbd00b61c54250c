"""Whether all parts are ready."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from falcon.asgi import Request, Response
from sqlalchemy import text

from api.openapi import operation
from api.schemas_health import Clock, ClockOffset, Health, PartState
from api.threads import in_thread
from api.version import VERSION
from core.errors import Unavailable
from core.times import format_time, now_ms
from storage.database import reading
from storage.redis_connection import redis_errors
from storage.stores import Stores

# The processes of the Procfile that show a pulse.
WORKERS = ("stream", "worker", "fetcher", "trainer", "beat")
# They do so every 2 s; one that missed three is down, or hangs.
PULSE_MEMORY_MS = 7_000
CLOCK_TOLERANCE_MS = 5_000
# An offset measured longer ago says nothing about now.
_CLOCK_MEMORY_MS = 24 * 3_600_000
_PATIENCE_SECONDS = 3.0

Pulses = Mapping[str, dict[str, str]]


class HealthResource:
    """`GET /health`"""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._began = time.monotonic()

    @operation("health", "service", {200: Health, 503: Health}, public=True)
    async def on_get(self, req: Request, resp: Response) -> None:
        """Say how all parts are: 200 when all are ready, else 503; with a key, in detail."""
        redis, database, pulses, offsets = await asyncio.gather(
            _asked(self._ping), _asked(self._select), _asked(self._pulses), _asked(self._offsets)
        )
        alive = _alive(pulses or {}, now_ms())
        parts = {
            "api": _state(True),
            "redis": _state(redis),
            "database": _state(database),
            **{name: _state(name in alive) for name in WORKERS},
        }
        health = Health(_verdict(parts, clock := _clock(offsets)), _now(), parts, clock)
        if req.context.trusted:
            health.version = VERSION
            health.uptime = round(time.monotonic() - self._began, 1)
            health.workers = dict(pulses or {})
        else:
            clock.offsets = None
        resp.status = 200 if all(state == "ready" for state in parts.values()) else 503
        if resp.status_code == 503:
            resp.set_header("Retry-After", "2")
        resp.set_header("Cache-Control", "no-store")
        resp.media = health

    def _ping(self) -> bool:
        with redis_errors():
            return bool(self._stores.redis.ping())

    def _select(self) -> bool:
        with reading(self._stores.engine) as connection:
            return bool(connection.execute(text("SELECT 1")).scalar())

    def _pulses(self) -> Pulses:
        return self._stores.workers.all()

    def _offsets(self) -> Mapping[str, tuple[float, int]]:
        return self._stores.clocks.all()


async def _asked(question: Callable[[], Any]) -> Any:
    """Return the answer of a part, None if it is away or takes too long."""
    try:
        return await asyncio.wait_for(in_thread(question), _PATIENCE_SECONDS)
    except (Unavailable, TimeoutError):
        return None


def _alive(pulses: Pulses, now: int) -> set[str]:
    """Return the roles of which a process showed its pulse just now."""
    return {
        fields.get("role", "")
        for fields in pulses.values()
        if now - int(fields.get("at", 0)) < PULSE_MEMORY_MS
    }


def _state(ready: object) -> PartState:
    return "ready" if ready else "down"


def _verdict(parts: Mapping[str, PartState], clock: Clock) -> Any:
    if "down" in (parts["redis"], parts["database"]):
        return "unhealthy"
    return "degraded" if "down" in parts.values() or clock.status == "off" else "healthy"


def _clock(offsets: Mapping[str, tuple[float, int]] | None) -> Clock:
    fresh = {
        platform: ClockOffset(offset, format_time(at), abs(offset) <= CLOCK_TOLERANCE_MS)
        for platform, (offset, at) in (offsets or {}).items()
        if at > now_ms() - _CLOCK_MEMORY_MS
    }
    if not fresh:
        return Clock("unknown", {})
    return Clock("ok" if all(found.ok for found in fresh.values()) else "off", fresh)


def _now() -> str:
    return format_time(now_ms())
