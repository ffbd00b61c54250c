"""What a worker's main process sees of itself and of the processes of its pool."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_PAGE = os.sysconf("SC_PAGE_SIZE")
# States of /proc: stopped by a signal, or by a tracer.
_STOPPED = frozenset("Tt")


def pool_processes() -> list[int]:
    """Return the ids of the processes that a prefork pool works in; none for other pools."""
    from billiard.process import active_children  # type: ignore[import-untyped]

    return [child.pid for child in active_children() if child.pid]


def count_stopped(processes: Iterable[int]) -> int:
    """Return how many of the processes stand still, as after SIGSTOP."""
    return sum(_state(process) in _STOPPED for process in processes)


def memory_mb(processes: Iterable[int]) -> int:
    """Return the resident memory of this process and of others, in MiB."""
    return sum(_resident(process) for process in (os.getpid(), *processes)) // 2**20


def longest_running(requests: Iterable[Any]) -> int:
    """Return for how many seconds the oldest of Celery's running requests has run."""
    now = time.time()
    starts = [request.time_start for request in list(requests) if request.time_start]
    return max((int(now - start) for start in starts), default=0)


def _state(process: int) -> str:
    try:
        # The name in parentheses may itself hold spaces and parentheses.
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0
