"""Whether signals flow: in brief for anybody, in detail for subscribers and owners."""

from falcon.asgi import Request, Response
from msgspec import structs

from api.docs.openapi import operation
from api.http.threads import in_thread
from api.robots.offered import OfferedSlots
from api.robots.seen import is_owner
from api.robots.service.checks import ServiceChecks
from api.robots.service.operations import feed_states, mails_state, webhooks_state
from api.robots.service.schemas import ServiceHealth, ServiceStatus, SlotState
from api.robots.words import instant, iso, minutes, model_version
from core.clock.resolutions import timeframe_code
from core.clock.times import now_ms
from core.forecast_target import ForecastTarget
from core.process.lifetime import uptime
from core.robots.accounts import Account
from storage.jobs.worker_faults import faults
from storage.service.service_state import ServiceState
from storage.stores import Stores
from tasks.enqueue import Enqueue

_TAG = "robots"


class ServiceHealthResource:
    """`GET /api/health`"""

    def __init__(self, checks: ServiceChecks) -> None:
        self._checks = checks

    @operation("service_health", _TAG, {200: ServiceHealth, 503: ServiceHealth})
    async def on_get(self, req: Request, resp: Response) -> None:
        """Say whether signals flow: 200 when all is well, else 503. Closed markets are well."""
        health, _ = await self._checks.ask()
        resp.status = 200 if health.status == "ok" else 503
        if resp.status_code == 503:
            resp.set_header("Retry-After", "2")
        resp.set_header("Cache-Control", "no-store")
        resp.media = health


class ServiceStatusResource:
    """`GET /api/status`"""

    def __init__(
        self, stores: Stores, checks: ServiceChecks, offered: OfferedSlots, enqueue: Enqueue
    ) -> None:
        self._stores = stores
        self._checks = checks
        self._offered = offered
        self._enqueue = enqueue

    @operation("service_status", _TAG, {200: ServiceStatus})
    async def on_get(self, req: Request, resp: Response) -> None:
        """Say how each slot in the plan is; to owners, feeds, workers and queues besides."""
        health, state = await self._checks.ask()
        now = now_ms()
        status = ServiceStatus(
            **structs.asdict(health),
            server_time=instant(now),
            started_at=instant(now - round(uptime() * 1_000)),
            slots=[],
        )
        if state is not None:
            status.slots = await in_thread(self._slots, req.context.account, state, now)
            if is_owner(req.context.key):
                await in_thread(self._tell_owner, status, now)
        resp.media = status

    def _slots(self, account: Account | None, state: ServiceState, now: int) -> list[SlotState]:
        return [_slot(slot.target, state, now) for slot in self._offered.now(account)]

    def _tell_owner(self, status: ServiceStatus, now: int) -> None:
        status.workers = faults(self._stores.workers.all(), now)
        status.queues = self._enqueue.queue_lengths()
        status.feeds = feed_states(self._stores, now)
        status.mail = mails_state(self._stores)
        status.webhooks = webhooks_state(self._stores, now)


def _slot(target: ForecastTarget, state: ServiceState, now: int) -> SlotState:
    row, why = state.newest.get(target), state.stale.get(target) or state.resting.get(target)
    return SlotState(
        symbol=target.symbol,
        timeframe=timeframe_code(target.resolution),
        ts=iso(row.input_end * 1_000) if row else None,
        lag_minutes=minutes(row.made_at if row else None, now),
        stale=why is not None,
        model_v=model_version(row.symbol, row.resolution, row.model_hash) if row else None,
        verdict=row.verdict or "unproven" if row else None,
        why=why,
    )
