"""Answers that hold until the next candle closes, kept in Redis for all processes.

An answer from the candle that closed last holds until the next one closes,
whatever is written meanwhile. One from an older candle holds only as long as
nothing is written to its series: the candle that it lacks may come any moment.
"""

from typing import Any, NamedTuple

import msgspec
import redis

from core.series import Series
from storage import keys
from storage.redis_connection import redis_errors

# Whoever computes an answer has so long before another may (ms).
CLAIM_MS = 10_000


class Asked(NamedTuple):
    """What an answer is to: a question about a series, so many candles ahead."""

    name: str
    series: Series
    horizon: int


class Claim(NamedTuple):
    """Whether the work is the caller's, the answer if there is one, and the series' mark."""

    mine: bool
    answer: bytes | None
    mark: str


class CachedAnswer(msgspec.Struct):
    """An answer, and what it rests on: the mark of the last write to its series if it is old."""

    data: msgspec.Raw
    mark: str | None


class AnswerCache:
    """Every method may raise `RedisUnavailable`."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def find(self, asked: Asked) -> bytes | None:
        """Return the answer as JSON, None if there is none that still holds."""
        with redis_errors():
            pipeline: Any = self._client.pipeline(transaction=False)
            pipeline.get(keys.answer(*asked))
            pipeline.hget(keys.candle_state(asked.series), "write")
            held, mark = pipeline.execute()
        return _holding(held, mark)

    def claim(self, asked: Asked) -> "Claim":
        """Take the work upon this caller, unless it is done or another is at it."""
        with redis_errors():
            pipeline: Any = self._client.pipeline(transaction=False)
            pipeline.set(keys.answer_lock(*asked), b"1", px=CLAIM_MS, nx=True)
            pipeline.get(keys.answer(*asked))
            pipeline.hget(keys.candle_state(asked.series), "write")
            mine, held, mark = pipeline.execute()
        return Claim(bool(mine), _holding(held, mark), (mark or b"").decode())

    def keep(self, asked: Asked, data: Any, milliseconds: int, mark: str | None) -> None:
        """Keep an answer for so long, and let go of the work.

        With a `mark`, only until that of the series changes.
        """
        answer = CachedAnswer(msgspec.Raw(msgspec.json.encode(data)), mark)
        with redis_errors():
            pipeline: Any = self._client.pipeline(transaction=False)
            pipeline.set(keys.answer(*asked), msgspec.json.encode(answer), px=max(milliseconds, 1))
            pipeline.delete(keys.answer_lock(*asked))
            pipeline.execute()

    def forget(self, asked: Asked) -> None:
        """Have an answer computed anew when it is asked for next."""
        with redis_errors():
            self._client.delete(keys.answer(*asked))

    def let_go(self, asked: Asked) -> None:
        """Let somebody else try."""
        with redis_errors():
            self._client.delete(keys.answer_lock(*asked))


def _holding(held: bytes | None, mark: bytes | None) -> bytes | None:
    if held is None:
        return None
    answer = msgspec.json.decode(held, type=CachedAnswer)
    if answer.mark is not None and answer.mark != (mark or b"").decode():
        return None
    return bytes(answer.data)
