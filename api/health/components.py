"""The components of `/health/detailed`."""

from collections.abc import Iterable

from msgspec import UNSET

from api.health.probes import Exchange
from api.health.schemas import (
    ApiComponent,
    BrokerComponent,
    Components,
    ConnectionPool,
    DatabaseComponent,
    ExchangeComponent,
    ModelsComponent,
    RedisComponent,
    Up,
    WorkerComponent,
)
from api.health.state import HealthState
from core.clock.times import format_time
from storage.jobs.worker_faults import WORKERS

_UNUSED = Exchange(None, fresh=False, watched=False)


def components(state: HealthState, always_shown: Iterable[str], full: bool) -> Components:
    """Return the state of all parts, of each its status alone unless `full`."""
    platforms = sorted({"binance", *always_shown, *state.exchanges})
    exchanges = {p: _exchange(state.exchanges.get(p, _UNUSED), full) for p in platforms}
    shown = Components(
        api=ApiComponent("up"),
        models=ModelsComponent(_up(state.models is not None and not state.workers["worker"])),
        redis=RedisComponent(_up(state.redis.value)),
        binance=exchanges["binance"],
        database=DatabaseComponent(_up(state.database.value)),
        broker=BrokerComponent(_up(state.broker.value is not None)),
        workers={name: _worker(state, name, full) for name in WORKERS},
        exchanges=exchanges,
    )
    if full:
        _tell_more(shown, state)
    return shown


def _tell_more(shown: Components, state: HealthState) -> None:
    shown.api.response_time_ms = round(state.milliseconds, 2)
    shown.models.loaded_count = sum(int(f.get("models", 0)) for f in state.heartbeats.values())
    shown.models.total_count = state.models or 0
    shown.redis.latency_ms = round(state.redis.milliseconds, 2)
    shown.database.latency_ms = round(state.database.milliseconds, 2)
    if state.database.value:
        shown.database.connection_pool = ConnectionPool(*state.database.value)
    shown.broker.queues = state.broker.value or {}


def _worker(state: HealthState, name: str, full: bool) -> WorkerComponent:
    fault = state.workers[name]
    shown = WorkerComponent(_up(fault is None))
    if full:
        mine = [fields for fields in state.heartbeats.values() if fields.get("role") == name]
        shown.processes = len(mine)
        shown.memory_mb = sum(int(fields.get("memory_mb", 0)) for fields in mine)
        shown.reason = fault
    return shown


def _exchange(exchange: Exchange, full: bool) -> ExchangeComponent:
    newest = format_time(exchange.newest) if exchange.newest else None
    return ExchangeComponent(
        _up(exchange.fresh),
        newest if full else UNSET,
        exchange.watched if full else UNSET,
    )


def _up(well: object) -> Up:
    return "up" if well else "down"
