"""Figures for a landing page, without a key."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_database_thread
from api.robots.service.schemas import LedgerHead, PublicStats
from api.robots.words import instant
from core.clock.resolutions import DAY
from core.clock.times import now_ms
from core.models import SIGNAL
from storage.stores import Stores

_FRESH_MS = 10_000


class PublicStatsResource:
    """`GET /api/public/stats`"""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._told: tuple[int, PublicStats | None] = (0, None)

    @operation("public_stats", "robots", {200: PublicStats})
    async def on_get(self, req: Request, resp: Response) -> None:
        """Tell how much is signalled and how often all was well; any page may ask."""
        resp.set_header("Access-Control-Allow-Origin", "*")
        resp.set_header("Cache-Control", "public, max-age=60")
        at, told = self._told
        if told is None or now_ms() - at > _FRESH_MS:
            told = await in_database_thread(self._stats)
            self._told = now_ms(), told
        resp.media = told

    def _stats(self) -> PublicStats:
        now, stores = now_ms(), self._stores
        offered = {slot.target for slot in stores.slots.offered()}
        champions = {one.target for one in stores.registry.targets(SIGNAL) if one.champion_id}
        total, directional = stores.sealed.count_since(now - DAY * 1_000)
        uptime, head = stores.uptime.window(), stores.sealed.head()
        return PublicStats(
            active_models=len(offered & champions),
            total_signals_24h=total,
            directional_signals_24h=directional,
            monitored_pairs=len({target.symbol for target in offered}),
            uptime_pct_30d=uptime.percent,
            as_of=instant(now),
            uptime_since=instant(uptime.since),
            ledger_head=LedgerHead(head.count, head.hash),
        )
