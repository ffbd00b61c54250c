"""Whether an account's plan and lists let it see a market."""

from collections.abc import Collection

from api.robots.offered import is_visible, not_in_plan
from core.clock.resolutions import resolution_name
from core.robots.accounts import Account


def is_in_plan(
    account: Account | None, names: Collection[str], resolution: int | None = None
) -> bool:
    """Say whether an account may see a market under any of its names; without one, all.

    Without a length of candles (s), whether any of the market's may be seen.
    """
    return any(is_visible(account, name, resolution) for name in names)


def check_in_plan(
    account: Account | None, names: Collection[str], resolution: int | None = None
) -> None:
    """Raise `NotInPlan` for a market that an account may not see."""
    if not is_in_plan(account, names, resolution):
        wanted = next(iter(names)) + (f" {resolution_name(resolution)}" if resolution else "")
        raise not_in_plan(account, wanted)
