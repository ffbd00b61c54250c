"""Whether all parts are well, in brief and in detail."""

from collections.abc import Iterable

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import VERSION
from api.health.components import components
from api.health.probes import Exchange
from api.health.schemas import (
    Clock,
    ClockOffset,
    DeadLettersShown,
    Health,
    HealthDetails,
    PartState,
    Provider,
    RecentRequests,
)
from api.health.state import HealthChecks, HealthState
from api.http.request_metrics import RequestRates
from api.http.v1_envelope import V1Error
from core.clock.times import CLOCK_TOLERANCE_MS, format_time
from core.process.lifetime import uptime

_TAG = "service"


class HealthResource:
    """`GET /health`, `GET /health/detailed`, and both below `/api/v1`"""

    def __init__(
        self,
        checks: HealthChecks,
        rates: RequestRates,
        always_shown: Iterable[str],
        providers: Iterable[str] = (),
    ) -> None:
        self._checks = checks
        self._keyed = frozenset(providers)
        self._rates = rates
        self._always_shown = frozenset(always_shown)

    @operation("health", _TAG, {200: Health, 503: Health})
    async def on_get(self, req: Request, resp: Response) -> None:
        """Say how all parts are: 200 when all are ready, else 503; with a key, in detail."""
        state = await self._checks.ask()
        health = Health(state.verdict, format_time(state.at), _parts(state), _clock(state))
        if req.context.trusted:
            _tell_more(health, state)
            health.providers = _providers(state, self._keyed)
        else:
            health.clock.offsets = None
        _answer(resp, state, health)

    @operation("health_v1", "v1", {200: Health, 503: Health}, failure=V1Error)
    async def on_get_v1(self, req: Request, resp: Response) -> None:
        """The same as `/health`."""
        await self.on_get(req, resp)

    @operation("health_detailed", _TAG, {200: HealthDetails, 503: HealthDetails})
    async def on_get_detailed(self, req: Request, resp: Response) -> None:
        """Say how each part is; without a key, statuses only."""
        state = await self._checks.ask()
        shown = components(state, self._always_shown, full=req.context.trusted)
        health = HealthDetails(state.verdict, format_time(state.at), shown)
        if req.context.trusted:
            health.reasons = state.broken
            health.metrics = await self._metrics()
        _answer(resp, state, health)

    @operation(
        "health_detailed_v1", "v1", {200: HealthDetails, 503: HealthDetails}, failure=V1Error
    )
    async def on_get_detailed_v1(self, req: Request, resp: Response) -> None:
        """The same as `/health/detailed`."""
        await self.on_get_detailed(req, resp)

    async def _metrics(self) -> RecentRequests:
        rates = await self._rates.last_minute()
        rounded = (round(value, 2) for value in rates)
        return RecentRequests(round(uptime(), 1), *rounded)


def _answer(resp: Response, state: HealthState, health: Health | HealthDetails) -> None:
    resp.status = 200 if all(state.parts.values()) else 503
    if resp.status_code == 503:
        resp.set_header("Retry-After", "2")
    resp.set_header("Cache-Control", "no-store")
    resp.media = health


def _parts(state: HealthState) -> dict[str, PartState]:
    return {name: "ready" if ready else "down" for name, ready in state.parts.items()}


def _tell_more(health: Health, state: HealthState) -> None:
    health.version = VERSION
    health.uptime = int(uptime())
    health.workers = {name: dict(fields) for name, fields in state.heartbeats.items()}
    health.reasons = state.broken
    health.models_loaded = any(int(f.get("models", 0)) for f in state.heartbeats.values())
    health.llm_provider, health.model = state.agent.provider, state.agent.name
    if state.dead:
        health.dead_letters = DeadLettersShown(state.dead.messages, state.dead.batches)
    health.gpu_available = state.agent.gpu_available


def _providers(state: HealthState, keyed: Iterable[str]) -> list[Provider]:
    """Return the platforms that are watched or send prices, and those that there is a key for."""
    used = {name: _provider(name, one, state) for name, one in state.exchanges.items()}
    unused = {name: Provider(name, "unused", None, None, None) for name in keyed}
    return [one for _, one in sorted((unused | used).items())]


def _provider(name: str, exchange: Exchange, state: HealthState) -> Provider:
    newest = format_time(exchange.newest) if exchange.newest else None
    wrong = state.broken.get(name) or (None if exchange.fresh else "its prices do not come")
    return Provider(name, "up" if exchange.fresh else "down", newest, wrong, newest)


def _clock(state: HealthState) -> Clock:
    fresh = {
        platform: ClockOffset(offset, format_time(at), abs(offset) <= CLOCK_TOLERANCE_MS)
        for platform, (offset, at) in state.offsets.items()
    }
    if not fresh:
        return Clock("unknown", {})
    return Clock("ok" if all(found.ok for found in fresh.values()) else "off", fresh)
