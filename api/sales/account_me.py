"""What a key is told of itself and of its account."""

from typing import Literal

from falcon.asgi import Request, Response
from msgspec import Struct

from api.access.callers import Caller
from api.docs.openapi import operation
from api.http.threads import in_thread
from api.robots.offered import tier_of
from api.robots.seen import account_of
from api.robots.words import instant, iso, minutes
from core.clock.resolutions import DAY, timeframe_code
from core.clock.times import now_ms
from core.errors import Unauthorized
from core.payments.events import PAYING
from core.robots.accounts import Account, Entitlement
from core.robots.presence import Presence, presence
from storage.access.access_keys import FILE_LABEL, OWNER, AccessKey
from storage.accounts.accounts import ADMIN
from storage.executions.heartbeats import Heartbeats, SeenTerminal

SubscriptionState = Literal["active", "past_due", "cancelled", "trial", "manual"]
_LABELS: dict[Presence, str] = {
    "online": "Online",
    "late": "Late",
    "offline": "Offline",
    "never": "Never seen",
}
_STATES: dict[str, SubscriptionState] = {
    "active": "active",
    "paid": "active",
    "trial": "trial",
    "late": "past_due",
    "waiting": "past_due",
}


class EaPresence(Struct):
    """Whether a robot of the account calls."""

    status: Presence
    label: str
    online: bool
    mins_since: float | None


class Subscription(Struct):
    """What the plan rests on, and when it is renewed by itself, if it is."""

    state: SubscriptionState
    renews_at: str | None


class MyTerminal(Struct):
    """A terminal that a robot of the account runs on."""

    server: str | None
    login_hint: str | None
    version: str | None
    last_seen_at: str


class Me(Struct):
    """A key and its account; a list of null is all. `days_remaining` counts whole days."""

    plan_tier: str
    user_name: str
    email: str | None
    expires_at: str | None
    days_remaining: int | None
    symbols_allowed: list[str] | None
    tfs_allowed: list[str] | None
    rate_limit_per_min: int | None
    last_seen_at: str | None
    ea_status: EaPresence
    api_key_hint: str
    is_owner_env: bool
    created_at: str
    key_id: int
    subscription: Subscription | None
    terminals: list[MyTerminal]


class AccountMe:
    """`GET /api/account/me`"""

    def __init__(self, heartbeats: Heartbeats) -> None:
        self._heartbeats = heartbeats

    @operation("account_me", "account", {200: Me})
    async def on_get(self, req: Request, resp: Response) -> None:
        """Return what the key is: its plan, until when, what it may see, and its robots."""
        if req.context.key is None:
            raise Unauthorized("Call with the key that you ask about.")
        resp.media = await in_thread(self._me, req.context.key, req.context.account)

    def _me(self, key: AccessKey, account: Account | None) -> Me:
        now = now_ms()
        terminals = self._heartbeats.seen(account_of(account))
        last = max((one.seen_at for one in terminals), default=None)
        state = presence(last, now)
        ends = Caller(key, account).ends_at(now)
        limits = account.limits(now) if account else None
        symbols = limits.symbols if limits else None
        lengths = limits.resolutions if limits else None
        return Me(
            plan_tier=tier_of(account),
            user_name=account.user_name if account else key.label,
            email=account.email if account else None,
            expires_at=iso(ends),
            days_remaining=None if ends is None else max(0, (ends - now) // (DAY * 1_000)),
            symbols_allowed=None if symbols is None else sorted(symbols),
            tfs_allowed=None
            if lengths is None
            else [timeframe_code(one) for one in sorted(lengths)],
            rate_limit_per_min=account.rate_limit_per_min if account else None,
            last_seen_at=iso(last),
            ea_status=EaPresence(state, _LABELS[state], state == "online", minutes(last, now)),
            api_key_hint=key.hint,
            is_owner_env=(key.role, key.label) == (OWNER, FILE_LABEL),
            created_at=instant(key.created_at),
            key_id=key.number,
            subscription=_subscription(account, now) if account else None,
            terminals=[_terminal(one) for one in terminals if one.terminal],
        )


def _subscription(account: Account, now: int) -> Subscription | None:
    held = [one for one in account.entitlements if one.holds(now)]
    if not held:
        return None
    last = max(held, key=lambda one: (one.ends_at is None, one.ends_at or 0))
    return Subscription(_state(last), iso(last.ends_at) if last.state in PAYING else None)


def _state(plan: Entitlement) -> SubscriptionState:
    return "manual" if plan.source == ADMIN else _STATES.get(plan.state, "cancelled")


def _terminal(one: SeenTerminal) -> MyTerminal:
    server, _, login = one.terminal.rpartition(":")
    hint = f"…{login[-3:]}" if login else None
    return MyTerminal(server or None, hint, one.said.version, instant(one.seen_at))
