"""When the api began: gunicorn's master imports this before it forks its workers."""

import time

# CLOCK_MONOTONIC is one for all processes.
STARTED = time.monotonic()


def uptime() -> float:
    """Return for how many seconds the api has run."""
    return time.monotonic() - STARTED
