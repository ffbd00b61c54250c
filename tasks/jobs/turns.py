"""Periodic work that must not overtake itself within a process."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Whoever is at work does it so often at most for those that come meanwhile.
MOST_AGAIN = 50


class Turns:
    """Lets one run at a time work; a run that comes meanwhile has nothing to do."""

    def __init__(self) -> None:
        self._busy = threading.Lock()
        self._asked = False

    @contextmanager
    def mine(self) -> Iterator[bool]:
        """Give True to the run whose turn it is, False to others."""
        mine = self._busy.acquire(blocking=False)
        try:
            yield mine
        finally:
            if mine:
                self._busy.release()

    def work(self, step: Callable[[], int]) -> int:
        """Do a step, and once more if somebody else wanted it meanwhile; returns the sum.

        What he was told of may have come after the step had looked.
        """
        return self.work_or_leave(step) or 0

    def work_or_leave(self, step: Callable[[], int]) -> int | None:
        """Do the same; returns None if another run is at the step, which it does once more."""
        total = None
        self._asked = True
        for _ in range(MOST_AGAIN):
            if not self._asked:
                break
            with self.mine() as mine:
                if not mine:
                    break
                self._asked = False
                total = (total or 0) + step()
        return total
