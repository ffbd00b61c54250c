"""Whether an account's plan and lists let it see a market."""

from collections.abc import Collection

from api.robots.offered import tier_of
from core.clock.resolutions import resolution_name
from core.clock.times import now_ms
from core.errors import NotInPlan
from core.robots.accounts import Account


def is_in_plan(
    account: Account | None, names: Collection[str], resolution: int | None = None
) -> bool:
    """Say whether an account may see a market under any of its names; without one, all.

    Without a length of candles (s), whether any of the market's may be seen.
    """
    if account is None:
        return True
    limits = account.limits(now_ms())
    of_length = resolution is None or limits.resolutions is None or resolution in limits.resolutions
    return of_length and (limits.symbols is None or not limits.symbols.isdisjoint(names))


def check_in_plan(
    account: Account | None, names: Collection[str], resolution: int | None = None
) -> None:
    """Raise `NotInPlan` for a market that an account may not see."""
    if not is_in_plan(account, names, resolution):
        wanted = next(iter(names)) + (f" {resolution_name(resolution)}" if resolution else "")
        raise NotInPlan(f"{wanted} is not part of the account's plan, {tier_of(account)}.")
