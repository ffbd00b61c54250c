"""Who calls: a key, whose account it is, and why it opens nothing any more."""

import hashlib
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from api.http.one_at_a_time import OneAtATime
from api.http.threads import in_database_thread
from core.clock.resolutions import DAY
from core.clock.times import format_time, now_ms
from core.errors import KeyExpired, KeyRevoked, RequestError
from core.robots.accounts import Account
from storage.access.access_keys import AccessKey
from storage.accounts.key_holders import KeyHolders

# A revoked key must be refused within a second, so for half of it nothing is taken to change.
BELIEF_SECONDS = 0.5
_BELIEVED_LIMIT = 4_096
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
    """Callers by their keys.

    What is known of one that opens is believed until a key, an account or a plan changed,
    anybody's, which is looked for every half a second.
    """

    def __init__(self, holders: KeyHolders, clock: Callable[[], float] = time.monotonic) -> None:
        self._holders = holders
        self._clock = clock
        self._believed: dict[bytes, tuple[int, Caller]] = {}
        self._changes: tuple[float, int | None] = (float("-inf"), None)
        self._look_ups: OneAtATime[Caller | None] = OneAtATime()
        self._looks: OneAtATime[int | None] = OneAtATime()

    async def known(self, plain: str | None) -> Caller | None:
        """Return whose key it is, whether it still opens or not; None if nobody's."""
        if not plain or len(plain) > _KEY_LENGTH_LIMIT:
            return None
        digest = hashlib.sha256(plain.encode()).digest()
        changes = await self._seen_changes()
        at, believed = self._believed.get(digest, (None, None))
        if believed and at == changes:
            return believed
        return await self._look_ups.get(digest, partial(self._look_up, digest, plain, changes))

    async def _seen_changes(self) -> int | None:
        until, changes = self._changes
        if self._clock() < until:
            return changes
        return await self._looks.get(b"", self._look_at_changes)

    async def _look_at_changes(self) -> int | None:
        until = self._clock() + BELIEF_SECONDS
        changes = await in_database_thread(self._holders.changes)
        self._changes = until, changes
        return changes

    async def _look_up(self, digest: bytes, plain: str, changes: int | None) -> Caller | None:
        found = await in_database_thread(self._read, plain)
        self._believed.pop(digest, None)
        # What changed since the number was read is read again with the next number.
        if changes is not None and found and not found.refusal(now_ms()):
            self._believe(digest, changes, found)
        return found

    def _read(self, plain: str) -> Caller | None:
        found = self._holders.find(plain)
        return None if found is None else Caller(*found)

    def _believe(self, digest: bytes, changes: int, caller: Caller) -> None:
        if len(self._believed) >= _BELIEVED_LIMIT:
            del self._believed[next(iter(self._believed))]
        self._believed[digest] = changes, caller
