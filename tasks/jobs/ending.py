"""How work ends early: a worker that shuts down hands its jobs back, one that hangs ends itself."""

import logging
import mmap
import os
from dataclasses import dataclass

logger = logging.getLogger(__name__)

# "Internal software error" of sysexits.h: whoever keeps the process starts it again.
HUNG = 70
# Anonymous shared memory: made before the pool forks, it is the same byte in every child.
_shared = mmap.mmap(-1, 1)


def end_process(reason: str) -> None:
    """End this process at once, whatever its other threads do.

    What it held is given to others when its heartbeats fail to come.
    """
    logger.critical("This process ends itself: %s.", reason)
    logging.shutdown()
    os._exit(HUNG)


def ask_to_stop() -> None:
    """Have every running job of this worker return to its queue."""
    _shared[0] = 1


def asked_to_stop() -> bool:
    """Say whether this worker is shutting down."""
    return _shared[0] != 0


@dataclass
class Watchdog:
    """Judges by progress: a worker that waits while messages wait has lost its queue.

    Connections that look alive but bring nothing are a known family of faults after
    a broker's restart (Celery issues 7276, 8030, 8091, 9054, 10205).
    """

    timeout: float
    _since: float | None = None
    _consumed: int = -1

    def idle_for(self, now: float, waiting: int | None, consumed: int, running: int) -> float:
        """Take a look at a worker at `now` (s, monotonic); say how long it has idled (s).

        It idles while messages wait and it does nothing; from `timeout` on it hangs.
        `waiting` is how many messages its queues hold (None: the broker does not
        answer), `consumed` how many it ever took, `running` how many it works on.
        """
        idle = bool(waiting) and not running and consumed == self._consumed
        self._consumed = consumed
        if not idle:
            self._since = None
            return 0.0
        if self._since is None:
            self._since = now
        return now - self._since
