"""What the operator writes of an account, read and shown."""

from collections.abc import Sequence

from api.robots.offered import OfferedSlots
from api.robots.words import instant, iso
from api.sales.schemas_admin import AccountShown, PlanShown
from core.clock.resolutions import parse_resolution, timeframe_code
from core.errors import NotFound
from core.robots.accounts import Account, Entitlement
from storage.executions.heartbeats import Heartbeats


def read_limits(
    symbols: Sequence[str] | None, lengths: Sequence[str] | None, offered: OfferedSlots
) -> tuple[tuple[str, ...] | None, tuple[int, ...] | None]:
    """Return symbols and lengths of candles (s) that may be seen; None stays None: all."""
    return (
        None if symbols is None else tuple(offered.listed(one) for one in symbols),
        None if lengths is None else tuple(parse_resolution(one, "tfs_allowed") for one in lengths),
    )


def number_of(text: str, unknown: str) -> int:
    """Return the number that a segment of a path is; raises `NotFound(unknown)` for none."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound(unknown)
    return int(text)


def last_seen(heartbeats: Heartbeats, account_id: int) -> int | None:
    """Return when a robot of an account called last (epoch ms), None if none ever did."""
    return max((one.seen_at for one in heartbeats.seen(account_id)), default=None)


def show_account(account: Account, seen_at: int | None, now: int) -> AccountShown:
    """Return an account as the operator sees it."""
    symbols, lengths = account.symbols_allowed, account.tfs_allowed
    return AccountShown(
        account_id=account.id,
        user_name=account.user_name,
        email=account.email,
        locale=account.locale,
        plan_tier=account.tier(now),
        expires_at=iso(account.active_until(now)),
        symbols_allowed=None if symbols is None else list(symbols),
        tfs_allowed=None if lengths is None else [timeframe_code(one) for one in lengths],
        rate_limit_per_min=account.rate_limit_per_min,
        notes=account.notes,
        created_at=instant(account.created_at),
        closed_at=iso(account.closed_at),
        last_seen_at=iso(seen_at),
        plans=[_plan(one) for one in account.entitlements],
    )


def _plan(plan: Entitlement) -> PlanShown:
    return PlanShown(
        plan.source,
        plan.source_ref,
        plan.plan_tier,
        instant(plan.starts_at),
        iso(plan.ends_at),
        plan.state,
    )
