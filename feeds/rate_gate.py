"""A pause between calls that all connectors of one exchange in this process share."""

import threading
import time
from collections.abc import Callable


class RateGate:
    """Lets one call through per interval, whichever thread it comes from."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at = 0.0

    def wait(self, interval_s: float) -> None:
        """Sleep until the call may go, and keep the gate closed for `interval_s` after it."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._free_at)
            self._free_at = turn + interval_s
        if turn > now:
            self._sleep(turn - now)


_gates: dict[str, RateGate] = {}
_gates_lock = threading.Lock()


def shared_gate(name: str) -> RateGate:
    """Return the gate of that name, the same one for all threads of this process."""
    with _gates_lock:
        return _gates.setdefault(name, RateGate())
