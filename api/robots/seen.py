"""Whose positions a robot reports, and that its account was seen."""

import contextlib

from core.errors import Unavailable
from core.robots.accounts import Account
from storage.executions.heartbeats import Heartbeats


def account_of(account: Account | None) -> int:
    """Return the number of the account that positions belong to; 0 is the owner's."""
    return account.id if account else 0


def note_caller(heartbeats: Heartbeats, account: Account | None, terminal: str = "") -> None:
    """Note that an account was seen; a call that did its work does not fail for it."""
    with contextlib.suppress(Unavailable):
        heartbeats.note(account_of(account), terminal)
