"""Rejected messages, kept with their reasons: nothing is dropped in silence."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import redis

from storage import keys
from storage.redis_connection import redis_errors

MOST_HELD = 10_000
EXCERPT = 1_024
COUNTS = ("accepted", "ignored", "rejected")


class Rejected(NamedTuple):
    """One rejected message: when (epoch ms), why, and its first 1,024 characters."""

    at: int
    reason: str
    message: str


class Quarantine:
    """The newest 10,000 rejected messages of each platform, and exact counts of all."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client: Any = client

    def record(
        self, platform: str, counts: dict[str, int], rejected: Sequence[Rejected] = ()
    ) -> None:
        """Add to the counts (accepted, ignored, rejected) and keep the rejected messages."""
        with redis_errors():
            pipe = self._client.pipeline(transaction=True)
            for name in COUNTS:
                if counts.get(name):
                    pipe.hincrby(keys.ingest_counts(platform), name, counts[name])
            for at, reason, message in rejected[-MOST_HELD:]:
                fields = {"at": at, "reason": reason, "message": message[:EXCERPT]}
                pipe.xadd(keys.quarantine(platform), fields, maxlen=MOST_HELD, approximate=True)
            pipe.execute()

    def counts(self, platform: str) -> dict[str, int]:
        """Return how many messages were accepted, ignored and rejected ever."""
        with redis_errors():
            found = self._client.hgetall(keys.ingest_counts(platform))
        return {name: int(found.get(name.encode(), 0)) for name in COUNTS}

    def newest(
        self, platform: str, limit: int, before: str | None = None
    ) -> tuple[list[Rejected], str | None]:
        """Return the newest messages first, and where the next page begins (None at the end)."""
        last = f"({before}" if before else "+"
        with redis_errors():
            rows = self._client.xrevrange(keys.quarantine(platform), last, "-", count=limit + 1)
        told = [
            Rejected(
                int(fields[b"at"]),
                fields[b"reason"].decode(errors="replace"),
                fields[b"message"].decode(errors="replace"),
            )
            for _, fields in rows[:limit]
        ]
        return told, rows[limit - 1][0].decode() if len(rows) > limit else None
