"""Whether a robot is there, by when it called last."""

from typing import Literal

Presence = Literal["online", "late", "offline", "never"]
# A robot that polls every few seconds and has been silent for so long (ms).
ONLINE_MS, LATE_MS = 2 * 60_000, 15 * 60_000


def presence(last_seen: int | None, now: int) -> Presence:
    """Return how a robot is at `now` (epoch ms) that called last at `last_seen`."""
    if last_seen is None:
        return "never"
    silent = now - last_seen
    if silent <= ONLINE_MS:
        return "online"
    return "late" if silent <= LATE_MS else "offline"
