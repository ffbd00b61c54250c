"""Whether the disk under the data folder has room left for writes."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from core.errors import StorageFull

_MEGABYTE = 1 << 20
_BELIEF_SECONDS = 0.05
# Room that comes and goes is none: what was refused begins again after so long.
_SETTLED_SECONDS = 1.0
_RETRY_AFTER = 5


class DiskRoom:
    """Keeps a reserve of the disk free of what callers bring.

    What runs already, Redis's append-only file and SQLite's log above all, goes on
    writing into the reserve for a while, instead of ending on a full disk.
    """

    def __init__(
        self,
        folder: Path,
        reserve_mb: int,
        free: Callable[[Path], int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._reserve = reserve_mb * _MEGABYTE
        self._measure = free or free_bytes
        self._clock = clock
        self._looked_at = self._short_at = float("-inf")
        self._short = False

    @property
    def fault(self) -> str | None:
        """Why writes are refused, or None while there is room."""
        now = self._clock()
        if now - self._looked_at > _BELIEF_SECONDS:
            self._looked_at = now
            if self._measure(self._folder) < self._reserve:
                self._short, self._short_at = True, now
            elif now - self._short_at > _SETTLED_SECONDS:
                self._short = False
        if not self._short:
            return None
        return (
            f"less than {self._reserve // _MEGABYTE:,} MB of disk are free; "
            "writes are refused until there is room"
        )

    def check(self) -> None:
        """Raise `StorageFull` while there is no room."""
        if fault := self.fault:
            raise StorageFull(f"{fault[0].upper()}{fault[1:]}.", retry_after=_RETRY_AFTER)


def free_bytes(folder: Path) -> int:
    """Return how many bytes a user without rights may still write below a folder."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
