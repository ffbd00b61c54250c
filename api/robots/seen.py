"""Who calls: whose positions a robot reports, who sees those of all, and that they were seen."""

import asyncio
import contextlib

from api.http.threads import in_thread
from core.errors import Unavailable
from core.robots.accounts import Account
from storage.access.access_keys import OWNER, AccessKey
from storage.executions.heartbeats import Heartbeats

# Calls of so long (s) are noted in one go.
_GATHERED_S = 1.0


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


class SeenAgain:
    """Notes accounts that are known to be there: together, a moment after their calls."""

    def __init__(self, heartbeats: Heartbeats) -> None:
        self._heartbeats = heartbeats
        self._seen: set[int] = set()
        self._writing: asyncio.Task[None] | None = None

    def note(self, account: Account | None) -> None:
        """Have an account noted within a second or so."""
        self._seen.add(account_of(account))
        loop = asyncio.get_running_loop()
        task = self._writing
        if task is None or task.done() or task.get_loop() is not loop:
            self._writing = loop.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        await asyncio.sleep(_GATHERED_S)
        seen, self._seen = self._seen, set()
        with contextlib.suppress(Unavailable):
            await in_thread(self._heartbeats.note_all, seen)
