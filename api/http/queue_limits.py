"""Back-pressure: when a queue is too long, callers are told so before anything is queued."""

import time
from collections.abc import Callable, Mapping

from api.http.threads import in_thread
from core.errors import TooManyRequests
from storage.disk_room import DiskRoom
from tasks.enqueue import Enqueue

# By queue: how many tasks may wait, and after how many seconds asking again is worth it.
LIMITS: Mapping[str, tuple[int, int]] = {
    "stream": (200, 1),
    "predict": (200, 2),
    "store": (64, 5),
    "fetch": (200, 30),
    "history": (20, 10),
    "train": (20, 60),
}
_BELIEF_SECONDS = 0.2


class QueueLimits:
    """Knows the length of the queues, at most a fifth of a second late."""

    def __init__(
        self,
        enqueue: Enqueue,
        room: DiskRoom | None = None,
        limits: Mapping[str, tuple[int, int]] = LIMITS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._enqueue = enqueue
        self._room = room
        self._limits = limits
        self._clock = clock
        self._read_at = float("-inf")
        self._lengths: dict[str, int] = {}

    async def check(self, queue: str) -> None:
        """Raise `TooManyRequests` if the queue is full; `RedisUnavailable` if it is away.

        `StorageFull` if the disk is, since whatever is queued will be written.
        """
        if self._room:
            self._room.check()
        if self._clock() - self._read_at > _BELIEF_SECONDS:
            self._lengths = await in_thread(self._enqueue.queue_lengths)
            self._read_at = self._clock()
        limit, seconds = self._limits[queue]
        if self._lengths.get(queue, 0) >= limit:
            raise TooManyRequests(
                f"{limit} tasks wait in the queue {queue} already; try again later.",
                retry_after=seconds,
            )
