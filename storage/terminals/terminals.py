"""What the terminals of a platform said last, and what became of what they pushed."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import redis

from core.brokers.messages import FeedMessage
from core.clock.times import now_ms
from storage import keys
from storage.redis_connection import redis_errors

COUNTS = ("accepted", "revised", "rejected")
# So many terminals of a platform are remembered, and so much (bytes) of what we do not know.
MOST_TERMINALS, MOST_KEPT = 32, 2_048


class SeenTerminal(msgspec.Struct, frozen=True):
    """A terminal as it last spoke (epoch ms); `more` are fields that we do not know.

    `connected`: to its broker; None where it did not say.
    """

    server: str
    company: str
    build: int
    demo: bool
    seen_at: int
    clock_offset_s: int = 0
    gmt_offset_s: int | None = None
    connected: bool | None = None
    more: dict[str, Any] = {}


class FeedState(msgspec.Struct, frozen=True):
    """A platform's terminals, counts of its candles, and why its last push was refused, if it was.

    Instants are epoch ms; `utc_offset_s` is how far ahead the server's clock was.
    """

    terminals: list[SeenTerminal]
    counts: dict[str, int]
    last_push_at: int | None = None
    utc_offset_s: int | None = None
    refused_at: int | None = None
    refusal: str | None = None


class TerminalStore:
    """Terminals by platform; every method may raise `RedisUnavailable`."""

    def __init__(self, client: "redis.Redis", clock: Callable[[], int] = now_ms) -> None:
        self._client: Any = client
        self._clock = clock

    def note_push(
        self,
        platform: str,
        message: FeedMessage,
        offset: int,
        counts: Mapping[str, int],
        more: dict[str, Any],
    ) -> None:
        """Keep what a terminal said; `counts` are those of `COUNTS`."""
        now = self._clock()
        told, clock = message.terminal, message.clock
        seen = SeenTerminal(
            **msgspec.structs.asdict(told),
            seen_at=now,
            clock_offset_s=clock.server - offset - now // 1_000,
            gmt_offset_s=None if clock.gmt is None else clock.gmt - now // 1_000,
            more=_bounded(more),
        )
        name, terminals = keys.terminal(platform), keys.terminals(platform)
        with redis_errors():
            pipeline = self._client.pipeline(transaction=False)
            pipeline.hset(name, mapping={"last_push_at": now, "utc_offset_s": offset})
            pipeline.hdel(name, "refused_at", "refusal")
            for count in COUNTS:
                pipeline.hincrby(name, count, counts[count])
            pipeline.hset(terminals, told.server, msgspec.json.encode(seen))
            pipeline.hlen(terminals)
            held = pipeline.execute()[-1]
            if held > MOST_TERMINALS:
                self._forget_oldest(platform)

    def note_refusal(self, platform: str, refusal: str) -> None:
        """Keep why a push was refused."""
        told = {"refused_at": self._clock(), "refusal": refusal}
        with redis_errors():
            self._client.hset(keys.terminal(platform), mapping=told)

    def get(self, platform: str) -> FeedState:
        """Return what is known of a platform's terminals."""
        with redis_errors():
            pipeline = self._client.pipeline(transaction=False)
            pipeline.hgetall(keys.terminal(platform))
            pipeline.hvals(keys.terminals(platform))
            state, seen = pipeline.execute()
        told = {name.decode(): text.decode() for name, text in state.items()}
        terminals = [msgspec.json.decode(text, type=SeenTerminal) for text in seen]
        return FeedState(
            terminals=sorted(terminals, key=lambda one: -one.seen_at),
            counts={count: int(told.get(count, 0)) for count in COUNTS},
            last_push_at=_number(told.get("last_push_at")),
            utc_offset_s=_number(told.get("utc_offset_s")),
            refused_at=_number(told.get("refused_at")),
            refusal=told.get("refusal"),
        )

    def _forget_oldest(self, platform: str) -> None:
        oldest = self.get(platform).terminals[MOST_TERMINALS:]
        self._client.hdel(keys.terminals(platform), *(one.server for one in oldest))


def _bounded(more: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of unknown fields: their names only where they are long."""
    if len(msgspec.json.encode(more)) <= MOST_KEPT:
        return more
    return {"too_long": [name[:64] for name in sorted(more)[:8]]}


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
