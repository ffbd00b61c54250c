"""What a process knows of its start, and may ask of the Linux kernel about its parent."""

import ctypes
import os
import signal
import sys
import time

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

# Of the process that imported this first: its forked children have it from there.
_STARTED = time.monotonic()


def uptime() -> float:
    """Return for how many seconds this process, or the one that it was forked from, has run."""
    return time.monotonic() - _STARTED


def die_with_parent(number: signal.Signals = signal.SIGKILL, parent: int | None = None) -> None:
    """Have the kernel send this process `number` when its parent ends, however it ends.

    The wish survives exec but not fork, so every generation asks anew. Give
    `parent`, the expected parent's id, to end at once when it is gone already.
    Systems other than Linux have no such call: nothing happens there.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os._exit(1)
