"""Accounts that trade on paper beside one that trades by itself, to compare it with."""

from typing import Literal

from core.trading.accounts import is_at_venue, owner_of

Shadow = Literal["always_flat", "coin_flip", "ignore_model"]
SHADOWS: tuple[Shadow, ...] = ("always_flat", "coin_flip", "ignore_model")
# -1 is everybody.
_FIRST = -2


def shadow_of(account_id: int, name: Shadow) -> int:
    """Return the number of an account's shadow: below -1, where no other account's is."""
    return _FIRST - len(SHADOWS) * account_id - SHADOWS.index(name)


def answers_to(account_id: int) -> int:
    """Return whose switch an account obeys.

    A shadow obeys that of the account it stands beside, one at a venue that of its owner.
    """
    if is_at_venue(account_id):
        return owner_of(account_id)
    return account_id if account_id > _FIRST else (_FIRST - account_id) // len(SHADOWS)
