"""What nobody could read or process: kept for a person to look at, and counted."""

from typing import Any, NamedTuple

import redis

from storage import keys
from storage.redis_connection import redis_errors

KEPT_MESSAGES, KEPT_LENGTH = 1_000, 4_096


class DeadCounts(NamedTuple):
    """Unreadable messages ever and still kept; batches of trades that are put aside."""

    messages_ever: int
    messages: int
    batches: int

    @property
    def fault(self) -> str | None:
        """What a person has to look at, None if nothing."""
        found = {
            f"{self.messages:,} messages that nobody can read": self.messages,
            f"{self.batches:,} batches of live data that could not be stored": self.batches,
        }
        kept = [words for words, count in found.items() if count]
        return f"{' and '.join(kept)} are put aside; see tickcast doctor" if kept else None


def queue_message(pipe: Any, content: str) -> None:
    """Queue the beginning of a message on a pipeline; beyond 1,000 the oldest go."""
    pipe.lpush(keys.DEAD_MESSAGES, content[:KEPT_LENGTH])
    pipe.ltrim(keys.DEAD_MESSAGES, 0, KEPT_MESSAGES - 1)
    pipe.incr(keys.DEAD_COUNT)


class DeadLetters:
    """The dead letters of the broker and of the inbox of live data."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client: Any = client

    def counts(self) -> DeadCounts:
        """Return how many there are."""
        with redis_errors():
            pipe = self._client.pipeline(transaction=False)
            pipe.get(keys.DEAD_COUNT)
            pipe.llen(keys.DEAD_MESSAGES)
            pipe.scard(keys.INTAKE_DEAD)
            ever, messages, batches = pipe.execute()
        return DeadCounts(int(ever or 0), messages, batches)

    def forget(self) -> None:
        """Give up what is kept; the count of all that ever came stays."""
        with redis_errors():
            buried = self._client.smembers(keys.INTAKE_DEAD)
            pipe = self._client.pipeline(transaction=True)
            pipe.delete(keys.DEAD_MESSAGES, *(keys.intake(one.decode()) for one in buried))
            if buried:
                pipe.srem(keys.INTAKE_DEAD, *buried)
            pipe.execute()
