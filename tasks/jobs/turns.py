"""Periodic work that must not overtake itself within a process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Lets one run at a time work; a run that comes meanwhile has nothing to do."""

    def __init__(self) -> None:
        self._busy = threading.Lock()

    @contextmanager
    def mine(self) -> Iterator[bool]:
        """Give True to the run whose turn it is, False to others."""
        mine = self._busy.acquire(blocking=False)
        try:
            yield mine
        finally:
            if mine:
                self._busy.release()
