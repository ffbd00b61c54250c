"""How the robots of all accounts are."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from api.robots.offered import NO_PLAN
from api.robots.words import minutes
from api.sales.schemas_monitoring import EaHealth
from core.clock.resolutions import DAY
from core.executions.copy import PaperSignal
from core.executions.coverage import NO_SIGNS, Signs, coverage
from core.robots.accounts import EVERYTHING, OWNER, SlotLimits
from core.robots.presence import Presence, presence
from storage.executions.heartbeats import SeenTerminal
from storage.service.robot_counts import reports_since
from storage.stores import Stores

_DAY_MS = DAY * 1_000
_OWNERS_ACCOUNT = 0
# What needs a look comes first.
_ORDER: tuple[Presence, ...] = ("offline", "late", "online", "never")


def ea_health(stores: Stores, now: int) -> list[EaHealth]:
    """Return how the robots of each account are at `now` (epoch ms), those that went silent first.

    The owner's own are there once one was seen.
    """
    seen = stores.heartbeats.seen_of_all()
    week = now - 7 * _DAY_MS
    told = _Told(
        reports_since(stores.engine, now - _DAY_MS),
        stores.record_reads.directional(week),
        stores.copies.signs(stores.copies.since(week), week),
        now,
    )
    found = [
        told.of(one.id, one.user_name, one.tier(now) or NO_PLAN, one.limits(now), seen)
        for one in stores.accounts.list()
        if one.closed_at is None
    ]
    if seen.get(_OWNERS_ACCOUNT):
        found.append(told.of(_OWNERS_ACCOUNT, OWNER, OWNER, EVERYTHING, seen))
    return sorted(found, key=lambda one: (_ORDER.index(one.status), one.account_id))


class _Told(NamedTuple):
    """What is known of all accounts at an instant (epoch ms)."""

    reports: dict[int, int]
    signals: Sequence[PaperSignal]
    signs: Mapping[int, Signs]
    now: int

    def of(
        self,
        account_id: int,
        name: str,
        tier: str,
        limits: SlotLimits,
        seen: Mapping[int, Sequence[SeenTerminal]],
    ) -> EaHealth:
        terminals = seen.get(account_id, ())
        last = max((one.seen_at for one in terminals), default=None)
        said = [one.said for one in terminals]  # who was seen last first
        mine = [one for one in self.signals if limits.allow(one.symbol, one.resolution)]
        return EaHealth(
            account_id=account_id,
            name=name,
            tier=tier,
            status=presence(last, self.now),
            mins_since=minutes(last, self.now),
            version=next((one.version for one in said if one.version), None),
            clock_offset_s=next(
                (one.clock_offset_s for one in said if one.clock_offset_s is not None), None
            ),
            reports_24h=self.reports.get(account_id, 0),
            copied_pct_7d=coverage(mine, self.signs.get(account_id, NO_SIGNS)).percent,
        )
