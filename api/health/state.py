"""The state of all parts at one moment, and the verdict on the whole."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from api.health import probes
from api.health.check import Answer, Check
from api.health.model import BUILT_IN, AgentModel, ModelHealth
from api.health.probes import Connections, Exchange
from core.clock.times import CLOCK_TOLERANCE_MS, now_ms
from storage.disk_room import DiskRoom
from storage.jobs.dead_letters import DeadCounts
from storage.jobs.worker_faults import WORKERS, Heartbeats, faults
from storage.live.traded_markets import TradedMarkets
from storage.redis_checks import unsafe_settings
from storage.stores import Stores
from tasks.enqueue import Enqueue

Verdict = Literal["healthy", "degraded", "unhealthy"]
Offsets = Mapping[str, tuple[float, int]]

# An offset measured longer ago says nothing about now.
_CLOCK_MEMORY_MS = 24 * 3_600_000
# How many models there are, and how Redis is set up, changes seldom (s).
_SLOWLY = 5.0


@dataclass(frozen=True)
class HealthState:
    """What each part said at `at` (epoch ms), and how long it took to ask them all."""

    at: int
    milliseconds: float
    redis: Answer[bool]
    database: Answer[Connections]
    broker: Answer[dict[str, int]]
    heartbeats: Heartbeats
    workers: dict[str, str | None]
    models: int | None
    exchanges: dict[str, Exchange]
    offsets: Offsets
    unsafe: Sequence[str] = ()
    damaged: Mapping[str, str] = field(default_factory=dict)
    vanished: Mapping[str, str] = field(default_factory=dict)
    full: Mapping[str, str] = field(default_factory=dict)
    feeds: Mapping[str, str] = field(default_factory=dict)
    dead: DeadCounts | None = None
    agent: AgentModel = BUILT_IN

    @property
    def parts(self) -> dict[str, bool]:
        """Return by part whether it is ready; these are the processes of ours."""
        stores = {"redis": self.redis.value, "database": self.database.value}
        return {
            "api": True,
            **{name: value is not None for name, value in stores.items()},
            **{name: fault is None for name, fault in self.workers.items()},
        }

    @property
    def broken(self) -> dict[str, str]:
        """Return by part, exchange or clock why it is not well."""
        away = {name: "does not answer" for name in ("redis", "database") if not self.parts[name]}
        if self.broker.value is None and "redis" not in away:
            away["broker"] = "does not answer"
        hanging = {name: fault for name, fault in self.workers.items() if fault}
        late = {
            platform: "what is watched of it does not come"
            for platform, exchange in self.exchanges.items()
            if exchange.watched and not exchange.fresh
        }
        clocks = {
            f"clock of {platform}": f"{offset / 1_000:+.1f} s off ours"
            for platform, (offset, _) in self.offsets.items()
            if abs(offset) > CLOCK_TOLERANCE_MS
        }
        dead = {"dead letters": self.dead.fault} if self.dead and self.dead.fault else {}
        unsafe = {"settings of redis": "; ".join(self.unsafe)} if self.unsafe else {}
        return (
            away
            | hanging
            | late
            | dict(self.feeds)
            | clocks
            | unsafe
            | dead
            | dict(self.full)
            | dict(self.vanished)
            | dict(self.damaged)
            | self.agent.broken
        )

    @property
    def verdict(self) -> Verdict:
        """Healthy: nothing is broken. Unhealthy: neither Redis nor SQL answers. Else degraded."""
        if not self.parts["redis"] and not self.parts["database"]:
            return "unhealthy"
        return "degraded" if self.broken else "healthy"


class HealthChecks:
    """Asks all parts, each on a thread that no other work can occupy."""

    def __init__(
        self,
        stores: Stores,
        traded: TradedMarkets,
        enqueue: Enqueue,
        room: DiskRoom,
        model: ModelHealth,
    ) -> None:
        self._model = model
        pool = ThreadPoolExecutor(8, thread_name_prefix="health")
        engine, client = stores.engine, stores.redis
        self._redis = Check(lambda: probes.ping(client), pool)
        self._database = Check(lambda: probes.ask_database(engine), pool)
        self._full = Check(lambda: probes.ask_room(client, room), pool)
        self._vanished = Check(lambda: probes.ask_marks(stores.marks), pool, fresh=_SLOWLY)
        self._damaged = Check(lambda: _damaged(stores), pool, fresh=_SLOWLY)
        self._unsafe = Check(lambda: unsafe_settings(client), pool, fresh=_SLOWLY)
        self._feeds = Check(lambda: probes.ask_feeds(stores.freshness), pool)
        self._dead = Check(stores.dead_letters.counts, pool)
        self._broker = Check(enqueue.queue_lengths, pool)
        self._heartbeats = Check(stores.workers.all, pool)
        self._offsets = Check(stores.clocks.all, pool)
        self._models = Check(lambda: probes.count_models(engine), pool, fresh=_SLOWLY)
        self._watches = Check(stores.watches.list, pool)
        self._prices = Check(lambda: probes.ask_prices(client, traded), pool)

    async def ask(self) -> HealthState:
        """Return how all parts are; takes no longer than the timeout of a check."""
        began = time.perf_counter()
        (
            (redis, database, broker),
            (heartbeats, watches, prices),
            (offsets, models, damaged),
            (unsafe, full, vanished, dead, feeds),
        ) = await asyncio.gather(
            asyncio.gather(self._redis.answer(), self._database.answer(), self._broker.answer()),
            asyncio.gather(
                self._heartbeats.answer(), self._watches.answer(), self._prices.answer()
            ),
            asyncio.gather(self._offsets.answer(), self._models.answer(), self._damaged.answer()),
            asyncio.gather(
                self._unsafe.answer(),
                self._full.answer(),
                self._vanished.answer(),
                self._dead.answer(),
                self._feeds.answer(),
            ),
        )
        now = now_ms()
        shown = heartbeats.value or {}
        return HealthState(
            at=now,
            milliseconds=1_000 * (time.perf_counter() - began),
            redis=redis,
            database=database,
            broker=broker,
            heartbeats=shown,
            workers=_workers(redis.value is not None, shown, now),
            models=models.value,
            # Of a part that is away nothing is known, which is told already.
            exchanges=probes.exchanges(watches.value or [], prices.value or {}, now),
            offsets=_recent(offsets.value or {}, now),
            agent=await self._model.known(),
            unsafe=unsafe.value or (),
            vanished=vanished.value or {},
            damaged=damaged.value or {},
            full=full.value or {},
            feeds=feeds.value or {},
            dead=dead.value,
        )


def _damaged(stores: Stores) -> dict[str, str]:
    """Return what is wrong with files: of models, and of the key to venues' tokens."""
    fault = stores.connections.fault()
    return stores.registry.damaged() | ({"tokens of venues": fault} if fault else {})


def _workers(redis_answers: bool, heartbeats: Heartbeats, now: int) -> dict[str, str | None]:
    if not redis_answers:
        return dict.fromkeys(WORKERS, "nothing is heard of it without Redis")
    return faults(heartbeats, now)


def _recent(offsets: Offsets, now: int) -> Offsets:
    return {
        platform: (offset, at)
        for platform, (offset, at) in offsets.items()
        if at > now - _CLOCK_MEMORY_MS
    }
