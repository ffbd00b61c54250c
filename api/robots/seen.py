"""Who calls: whose positions a robot reports, who sees those of all, and that they were seen."""

import contextlib

from api.http.threads import in_thread
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


async def note_caller_soon(heartbeats: Heartbeats, account: Account | None) -> None:
    """Do that on a thread; for what is scheduled after an answer."""
    with contextlib.suppress(Unavailable):  # known to be away, before a thread asks
        await in_thread(note_caller, heartbeats, account)
