"""Who calls: a key, whose account it is, and why it opens nothing any more."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from typing import NamedTuple

from api.http.threads import in_database_thread
from core.clock.resolutions import DAY
from core.clock.times import format_time, now_ms
from core.errors import KeyExpired, KeyRevoked, RequestError
from core.robots.accounts import Account
from storage.access.access_keys import AccessKey
from storage.accounts.key_holders import KeyHolders

# A revoked key must be refused within a second, so a good one is believed for half of it.
BELIEF_SECONDS = 0.5
_BELIEVED_LIMIT = 1_024
_KEY_LENGTH_LIMIT = 256
# Whose plan ended may report for so long (ms) what became of positions.
_LATE_REPORTS_MS = 30 * DAY * 1_000


class Caller(NamedTuple):
    """A key that was ever given out, and the account that it belongs to."""

    key: AccessKey
    account: Account | None

    def refusal(self, now: int) -> RequestError | None:
        """Return why the key opens nothing at `now` (epoch ms); None if it opens."""
        if self.key.revoked_at is not None:
            return KeyRevoked(f"This key was revoked at {format_time(self.key.revoked_at)}.")
        ended = self._ended_at(now)
        if ended is not None:
            return KeyExpired(
                f"This key opened until {format_time(ended)}; whoever gave it to you can extend it."
            )
        if self.account and self.account.tier(now) is None:
            return KeyExpired("The account of this key has no plan; whoever gave it can add one.")
        return None

    def ends_at(self, now: int) -> int | None:
        """Return when the key ends by itself or its plan does, whichever is first."""
        ends = [self.key.expires_at, self.account.active_until(now) if self.account else None]
        return min((end for end in ends if end is not None), default=None)

    def may_report_late(self, now: int) -> bool:
        """Say whether a key of an ended plan may still say what became of positions."""
        ended = self._ended_at(now)
        return (
            self.account is not None
            and self.key.revoked_at is None
            and ended is not None
            and now < ended + _LATE_REPORTS_MS
        )

    def _ended_at(self, now: int) -> int | None:
        if self.key.expires_at is not None and self.key.expires_at <= now:
            return self.key.expires_at
        return self.account.ended_at(now) if self.account else None


class Callers:
    """Callers by their keys; what is known of one that opens is believed for half a second."""

    def __init__(self, holders: KeyHolders, clock: Callable[[], float] = time.monotonic) -> None:
        self._holders = holders
        self._clock = clock
        self._believed: dict[bytes, tuple[float, Caller]] = {}
        self._looked_up: dict[bytes, asyncio.Future[Caller | None]] = {}

    async def known(self, plain: str | None) -> Caller | None:
        """Return whose key it is, whether it still opens or not; None if nobody's."""
        if not plain or len(plain) > _KEY_LENGTH_LIMIT:
            return None
        digest = hashlib.sha256(plain.encode()).digest()
        until, believed = self._believed.get(digest, (0.0, None))
        if believed and self._clock() < until:
            return believed
        # All callers with one key wait for one look-up; that one of them goes ends it for none.
        looked_up = self._looked_up.get(digest)
        if looked_up is None:
            looked_up = asyncio.ensure_future(self._look_up(digest, plain))
            looked_up.add_done_callback(_note_error)
            self._looked_up[digest] = looked_up
        return await asyncio.shield(looked_up)

    async def _look_up(self, digest: bytes, plain: str) -> Caller | None:
        try:
            found = await in_database_thread(self._read, plain)
        finally:
            del self._looked_up[digest]
        self._believed.pop(digest, None)
        if found and not found.refusal(now_ms()):
            self._believe(digest, found)
        return found

    def _read(self, plain: str) -> Caller | None:
        found = self._holders.find(plain)
        return None if found is None else Caller(*found)

    def _believe(self, digest: bytes, caller: Caller) -> None:
        if len(self._believed) >= _BELIEVED_LIMIT:
            self._believed.clear()
        self._believed[digest] = (self._clock() + BELIEF_SECONDS, caller)


def _note_error(looked_up: asyncio.Future[Caller | None]) -> None:
    """Look at how a look-up ended, which nobody may have waited for to its end."""
    if not looked_up.cancelled():
        looked_up.exception()
