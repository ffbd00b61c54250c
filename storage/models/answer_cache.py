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
from storage.candles.series_state import SeriesState, ask_state
from storage.redis_connection import redis_errors


class Asked(NamedTuple):
    """What an answer is to: a question about a series, so many candles ahead."""

    name: str
    series: Series
    horizon: int


class Looked(NamedTuple):
    """The answer as JSON, if there is one that holds, and the series' mark."""

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
        return self.look(asked).answer

    def look(self, asked: Asked) -> "Looked":
        """Return the answer with the mark of the last write to its series."""
        with redis_errors():
            pipeline: Any = self._client.pipeline(transaction=False)
            pipeline.get(keys.answer(*asked))
            ask_state(pipeline, asked.series)
            held, told = pipeline.execute()
        mark = SeriesState.read(told).mark
        return Looked(_holding(held, mark), mark)

    def keep(self, asked: Asked, data: Any, milliseconds: int, mark: str | None) -> None:
        """Keep an answer for so long; with a `mark`, only until that of the series changes."""
        answer = CachedAnswer(msgspec.Raw(msgspec.json.encode(data)), mark)
        with redis_errors():
            self._client.set(
                keys.answer(*asked), msgspec.json.encode(answer), px=max(milliseconds, 1)
            )

    def forget(self, *asked: Asked) -> None:
        """Have answers computed anew when they are asked for next."""
        if asked:
            with redis_errors():
                self._client.delete(*(keys.answer(*one) for one in asked))


def _holding(held: bytes | None, mark: str) -> bytes | None:
    if held is None:
        return None
    answer = msgspec.json.decode(held, type=CachedAnswer)
    if answer.mark is not None and answer.mark != mark:
        return None
    return bytes(answer.data)
