"""Records that workers compute, whoever asks: the newest at hand, or what is on its way."""

import asyncio
import time
from typing import NamedTuple

import msgspec
from falcon.asgi import Request, Response

from api.http.prefer import preferred_wait
from api.http.queue_limits import QueueLimits
from api.http.threads import in_thread
from api.record.schemas import RecordComputing
from core.answers.record import RecordScope
from core.clock.times import now_ms
from core.errors import StorageFull, TooManyRequests
from storage.record.kept_records import KeptRecord, KeptRecords
from tasks.enqueue import Enqueue
from tasks.task_table import COMPUTE_RECORD

# A record that was computed so long ago (ms) is shown as it is.
FRESH_MS = 60_000
# So long (s) a caller waits for one, and looks whether it is there.
_WAIT_S, _LOOK_S = 10, 0.1
_RETRY_AFTER = 2


class Found(NamedTuple):
    """A record as JSON, and whether a newer one is on its way."""

    kept: KeptRecord
    stale: bool


class RecordWork:
    """Finds records for all resources that show them; one worker computes each at a time."""

    def __init__(self, kept: KeptRecords, enqueue: Enqueue, limits: QueueLimits) -> None:
        self._kept = kept
        self._enqueue = enqueue
        self._limits = limits

    async def find(
        self, req: Request, resp: Response, kind: str, scope: RecordScope
    ) -> Found | None:
        """Return the record of a scope, computed a minute ago at most if that is done in time.

        Waits up to 10 s or as `Prefer` says; then, or where too much waits already, the one
        before counts. Without one the answer is made a 202, and None is returned. Raises
        `TooManyRequests` or `StorageFull` where nothing is kept and nothing can be begun.
        """
        held, asked = await in_thread(self._kept.get, kind, scope.digest), now_ms()
        if held is not None and asked - held.at < FRESH_MS:
            return Found(held, stale=False)
        try:
            await self._begin(kind, scope)
        except (TooManyRequests, StorageFull):
            if held is None:
                raise
            return Found(held, stale=True)
        wanted = preferred_wait(req, _WAIT_S)
        if wanted.applied:
            resp.set_header("Preference-Applied", wanted.applied)
        until, before = time.monotonic() + wanted.seconds, held.at if held else 0
        while time.monotonic() < until:
            await asyncio.sleep(_LOOK_S)
            held = await in_thread(self._kept.get, kind, scope.digest)
            if held is not None and held.at > before:
                return Found(held, stale=False)
        if held is not None:
            return Found(held, stale=True)
        resp.status = 202
        resp.set_header("Retry-After", str(_RETRY_AFTER))
        resp.media = RecordComputing("computing", _RETRY_AFTER)
        return None

    async def _begin(self, kind: str, scope: RecordScope) -> None:
        await self._limits.check(COMPUTE_RECORD.queue)
        await in_thread(self._send, kind, scope)

    def _send(self, kind: str, scope: RecordScope) -> None:
        if not self._kept.claim(kind, scope.digest):
            return
        try:
            self._enqueue.send(COMPUTE_RECORD, kind, msgspec.to_builtins(scope))
        except BaseException:
            self._kept.release(kind, scope.digest)
            raise
