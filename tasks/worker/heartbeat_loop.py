"""The loop that shows that a process lives."""

import logging
import os
import threading
from collections.abc import Callable

from core.clock.times import now_ms
from core.errors import Unavailable
from storage.jobs.workers import WorkerStore

logger = logging.getLogger(__name__)

Fields = dict[str, int | str]

HEARTBEAT_S = 1.0


def send_heartbeats(
    store: WorkerStore,
    name: str,
    queues: str,
    look: Callable[[], Fields],
    over: threading.Event,
) -> None:
    """Show every second, on a thread, that `role@host` lives, and what `look` returns of it."""
    fixed: dict[str, str | int] = {
        "role": name.split("@")[0],
        "pid": os.getpid(),
        "started_at": now_ms(),
    }

    def run() -> None:
        while True:
            try:
                store.heartbeat(name, queues, {**fixed, **look(), "at": now_ms()})
            except Unavailable:
                logger.debug("%s: Redis missed a heartbeat", name)
            if over.wait(HEARTBEAT_S):
                return

    threading.Thread(target=run, name="heartbeat", daemon=True).start()
