"""Whether a subscriber's robot is there, gets what it should, and what to look at if not."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_thread
from api.robots.offered import OfferedSlots, tier_of
from api.robots.seen import account_of
from api.robots.service.ea_checks import ea_checks
from api.robots.service.schemas import EaAccount, EaStatus, SlotCoverage, StaleSlot
from api.robots.words import iso, minutes
from core.clock.resolutions import DAY, timeframe_code
from core.clock.times import now_ms
from core.forecast_target import ForecastTarget
from core.robots.accounts import Account
from core.robots.presence import presence
from storage.access.access_keys import AccessKey
from storage.ledger.signal_rows import SealedSignal
from storage.ledger.signal_slots import SignalSlot
from storage.service.service_state import NO_SIGNAL_YET, why_stale
from storage.stores import Stores

_NAMELESS = "owner"


class EaStatusResource:
    """`GET /api/ea-status`"""

    def __init__(self, stores: Stores, offered: OfferedSlots) -> None:
        self._stores = stores
        self._offered = offered

    @operation("ea_status", "robots", {200: EaStatus})
    async def on_get(self, req: Request, resp: Response) -> None:
        """Say whether the robot calls, which slots of the plan are current, and what is odd."""
        resp.media = await in_thread(self._status, req.context.key, req.context.account)

    def _status(self, key: AccessKey | None, account: Account | None) -> EaStatus:
        now, stores = now_ms(), self._stores
        terminals = stores.heartbeats.seen(account_of(account))
        last = max((one.seen_at for one in terminals), default=None)
        slots = self._offered.now(account)
        targets = [slot.target for slot in slots]
        newest = stores.board.newest(targets)
        current = [row for row in newest.values() if not row.is_stale(now // 1_000)]
        _, acting = stores.sealed.count_since(now - DAY * 1_000, targets)
        state = presence(last, now)
        return EaStatus(
            online=state == "online",
            status=state,
            last_heartbeat=iso(last),
            mins_since=minutes(last, now),
            account=EaAccount(_name(key, account), tier_of(account)),
            slot_coverage=_coverage(len(slots), len(current)),
            recent_signals_24h=acting,
            lag_minutes=minutes(max((row.made_at for row in newest.values()), default=None), now),
            stale=_stale(stores, slots, newest, now),
            checks=ea_checks(stores, self._offered, account, terminals, now),
        )


def _name(key: AccessKey | None, account: Account | None) -> str:
    if account is not None:
        return account.user_name
    return key.label if key else _NAMELESS


def _coverage(expected: int, active: int) -> SlotCoverage:
    return SlotCoverage(expected, active, round(100 * active / expected, 1) if expected else 0.0)


def _stale(
    stores: Stores,
    slots: list[SignalSlot],
    newest: dict[ForecastTarget, SealedSignal],
    now: int,
) -> list[StaleSlot]:
    found, whys = [], why_stale(stores, slots, newest, now)
    for slot in slots:
        row, target = newest.get(slot.target), slot.target
        if row is not None and not row.is_stale(now // 1_000):
            continue
        close = None if row is None else row.first_close * 1_000
        since = slot.offered_since if close is None else close
        why = whys.get(target) or NO_SIGNAL_YET
        found.append(StaleSlot(target.symbol, timeframe_code(target.resolution), iso(since), why))
    return found
