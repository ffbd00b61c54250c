"""Who calls: whose positions a robot reports, who sees those of all, and that they were seen."""

import contextlib

from core.errors import Unavailable
from core.robots.accounts import Account
from storage.access.access_keys import OWNER, AccessKey
from storage.executions.heartbeats import Heartbeats


def account_of(account: Account | None) -> int:
    """Return the number of the account that positions belong to; 0 is the owner's."""
    return account.id if account else 0


def is_owner(key: AccessKey | None) -> bool:
    """Say whether a caller is an owner, as everybody is where no key is asked for."""
    return key is None or key.role == OWNER


def note_caller(heartbeats: Heartbeats, account: Account | None, terminal: str = "") -> None:
    """Note that an account was seen; a call that did its work does not fail for it."""
    with contextlib.suppress(Unavailable):
        heartbeats.note(account_of(account), terminal)
