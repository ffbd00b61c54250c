"""Micro-batches that were accepted and are not processed yet.

A broker's message can die with the worker that fetched it. So it only says that
batches wait; they themselves stay here until they were processed, and whoever looks
after the intake names them again when nobody did. One message is enough for all that
come before a worker looks.
"""

import uuid
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import redis

from core.clock.times import now_ms
from storage import keys
from storage.redis_connection import redis_errors


class Batch(NamedTuple):
    """A batch's content, when it was accepted (epoch ms), and how often it was taken up."""

    content: bytes
    accepted_at: int
    tries: int


# A message of which nobody took notice for so long (ms) may be lost: another is sent.
_TOLD_MS = 2_000


class Intake:
    """Accepted batches by id; `index` lists them by when they were accepted or last taken up."""

    def __init__(self, client: "redis.Redis", index: str = keys.INTAKE_INDEX) -> None:
        self._client: Any = client
        self._index = index

    def put(self, content: bytes, batch_id: str = "") -> str:
        """Keep a batch, under an id of its own if none is given; returns it once Redis has it.

        Raises `RedisUnavailable` or `StorageFull`.
        """
        batch_id = batch_id or uuid.uuid4().hex
        with redis_errors():
            pipe = self._client.pipeline(transaction=True)
            self._queue(pipe, batch_id, content)
            pipe.execute()
        return batch_id

    def put_and_tell(self, content: bytes, tell: Callable[[str], None]) -> None:
        """Keep a batch, and tell a worker of it unless one is about to look anyway."""
        batch_id = uuid.uuid4().hex
        with redis_errors():
            pipe = self._client.pipeline(transaction=True)
            self._queue(pipe, batch_id, content)
            pipe.set(keys.INTAKE_TOLD, 1, px=_TOLD_MS, nx=True)
            *_, first = pipe.execute()
        if first:
            tell(batch_id)

    def _queue(self, pipe: Any, batch_id: str, content: bytes) -> None:
        now = now_ms()
        pipe.hset(keys.intake(batch_id), mapping={"content": content, "at": now})
        pipe.zadd(self._index, {batch_id: now})

    def take(self, batch_id: str) -> Batch | None:
        """Return a batch and count the try; None when it was processed already.

        Of what is put from now on another message will tell.
        """
        with redis_errors():
            pipe = self._client.pipeline(transaction=True)
            pipe.delete(keys.INTAKE_TOLD)
            pipe.hmget(keys.intake(batch_id), "content", "at")
            self._queue_try(pipe, batch_id)
            _, (content, at), tries, _ = pipe.execute()
            if content is None:
                self._client.delete(keys.intake(batch_id))
                return None
        return Batch(content, int(at), tries)

    def _queue_try(self, pipe: Any, batch_id: str) -> None:
        pipe.hincrby(keys.intake(batch_id), "tries", 1)
        pipe.zadd(self._index, {batch_id: now_ms()}, xx=True)

    def take_untouched(self, most: int, most_bytes: int) -> dict[str, Batch]:
        """Return the oldest batches that nobody has taken up yet, and count the try.

        At most `most` batches, and not many more than `most_bytes` of content.
        """
        first = 0
        with redis_errors():
            while True:
                names = self._client.zrange(self._index, first, first + most - 1)
                found = self._untouched([name.decode() for name in names], most_bytes)
                if found or len(names) < most:
                    return found
                first += most

    def _untouched(self, names: list[str], most_bytes: int) -> dict[str, Batch]:
        pipe = self._client.pipeline(transaction=False)
        for name in names:
            pipe.hmget(keys.intake(name), "content", "at", "tries")
        found: dict[str, Batch] = {}
        size = 0
        for name, (content, at, tries) in zip(names, pipe.execute(), strict=True):
            if content is not None and tries is None and size < most_bytes:
                found[name] = Batch(content, int(at), 1)
                size += len(content)
        for name in found:
            self._queue_try(pipe, name)
        pipe.execute()
        return found

    def take_oldest(self, most: int, most_bytes: int) -> dict[str, Batch]:
        """Return the oldest batches, at least one and not many more than `most_bytes`."""
        with redis_errors():
            names = self._client.zrange(self._index, 0, most - 1)
            pipe = self._client.pipeline(transaction=False)
            for name in names:
                pipe.hmget(keys.intake(name.decode()), "content", "at")
            found: dict[str, Batch] = {}
            size = 0
            for name, (content, at) in zip(names, pipe.execute(), strict=True):
                if content is not None and size < most_bytes:
                    found[name.decode()] = Batch(content, int(at), 1)
                    size += len(content)
        return found

    def drop(self, *batch_ids: str) -> None:
        """Forget batches that were processed."""
        with redis_errors():
            pipe = self._client.pipeline(transaction=True)
            pipe.delete(*map(keys.intake, batch_ids))
            pipe.zrem(self._index, *batch_ids)
            pipe.execute()

    def bury(self, batch_id: str) -> None:
        """Put a batch that cannot be processed where it waits for a person, for ever."""
        with redis_errors():
            pipe = self._client.pipeline(transaction=True)
            pipe.zrem(self._index, batch_id)
            pipe.sadd(keys.INTAKE_DEAD, batch_id)
            pipe.execute()

    def waiting(self, older_than_ms: int = 0, most: int = 1_000) -> list[str]:
        """Return ids of batches that were accepted or taken up longer ago, oldest first."""
        with redis_errors():
            names = self._client.zrangebyscore(
                self._index, "-inf", now_ms() - older_than_ms, start=0, num=most
            )
        return [name.decode() for name in names]

    def tried(self, batch_ids: Sequence[str]) -> list[str]:
        """Return those of the batches that somebody has taken up before."""
        with redis_errors():
            pipe = self._client.pipeline(transaction=False)
            for batch_id in batch_ids:
                pipe.hexists(keys.intake(batch_id), "tries")
            found = zip(batch_ids, pipe.execute(), strict=True)
            return [batch_id for batch_id, tried in found if tried]

    def count(self) -> int:
        """Return how many batches wait."""
        with redis_errors():
            return int(self._client.zcard(self._index))

    def dead(self) -> list[str]:
        """Return ids of buried batches."""
        with redis_errors():
            return sorted(name.decode() for name in self._client.smembers(keys.INTAKE_DEAD))
