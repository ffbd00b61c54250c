"""Rejected messages, kept with their reasons: nothing is dropped in silence."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import redis

from core.clock.times import format_microseconds, now_ms
from storage import keys
from storage.journal.columns import Trades
from storage.redis_connection import redis_errors

MOST_HELD = 10_000
EXCERPT = 1_024
COUNTS = ("accepted", "ignored", "rejected")


class Rejected(NamedTuple):
    """One rejected message: when (epoch ms), why, and its first 1,024 characters."""

    at: int
    reason: str
    message: str


KNOWN_ID = "id already used by another trade"
UNTOLD = "no id, and older than the trades that are kept: it may have been counted already"


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
            _queue(pipe, platform, counts, rejected)
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


def queue_trades(
    pipe: Any, platform: str, symbol: str, parts: Sequence[Trades], reason: str
) -> None:
    """Queue trades that were accepted and then set aside, in the generic form."""
    at = now_ms()
    rejected = [
        Rejected(at, reason, _ENCODE(row).decode())
        for part in parts
        for row in _messages(symbol, part)
    ]
    if rejected:
        _queue(pipe, platform, {"rejected": len(rejected)}, rejected)


def _queue(pipe: Any, platform: str, counts: dict[str, int], rejected: Sequence[Rejected]) -> None:
    for name in COUNTS:
        if counts.get(name):
            pipe.hincrby(keys.ingest_counts(platform), name, counts[name])
    for at, reason, message in rejected[-MOST_HELD:]:
        fields = {"at": at, "reason": reason, "message": message[:EXCERPT]}
        pipe.xadd(keys.quarantine(platform), fields, maxlen=MOST_HELD, approximate=True)


def _messages(symbol: str, part: Trades) -> Iterator[dict[str, Any]]:
    columns = (part.first_id, part.time, part.prices(), part.sizes(), part.side)
    for identity, time, price, size, side in zip(*(c.tolist() for c in columns), strict=True):
        taker = {1: {"side": "buy"}, -1: {"side": "sell"}}.get(side, {})
        yield {
            "type": "trade",
            "symbol": symbol,
            "trade_id": identity,
            "time": format_microseconds(time),
            "price": price,
            "size": size,
            **taker,
        }


_ENCODE = msgspec.json.Encoder().encode
