"""Tells a worker that hangs from one that has nothing to do."""

from dataclasses import dataclass


@dataclass
class Watchdog:
    """Judges by progress: a worker that waits while messages wait has lost its queue.

    Connections that look alive but bring nothing are a known family of faults after
    a broker's restart (Celery issues 7276, 8030, 8091, 9054, 10205).
    """

    patience: float
    _since: float | None = None
    _consumed: int = -1

    def idle_for(self, now: float, waiting: int | None, consumed: int, running: int) -> float:
        """Take a look at a worker at `now` (s, monotonic); say how long it has idled (s).

        It idles while messages wait and it does nothing; from `patience` on it hangs.
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
