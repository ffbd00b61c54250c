"""The heartbeat of worker processes: who is alive, and what it does."""

from collections.abc import Mapping
from typing import Any

import redis

from storage import keys
from storage.redis_connection import redis_errors

HEARTBEAT_SECONDS = 15


class WorkerStore:
    """A hash for each worker process that vanishes when the process falls silent."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def heartbeat(self, name: str, queue: str, fields: Mapping[str, str | int | float]) -> None:
        """Show that a worker lives, for the next 15 seconds; `fields` replace the earlier ones."""
        key = keys.worker(name)
        with redis_errors():
            pipeline: Any = self._client.pipeline(transaction=True)
            pipeline.delete(key)
            pipeline.hset(key, mapping=dict(fields) | {"queue": queue})
            pipeline.expire(key, HEARTBEAT_SECONDS)
            pipeline.execute()

    def all(self) -> dict[str, dict[str, str]]:
        """Return the fields of every live worker by its name; `queue` is among them."""
        with redis_errors():
            found = sorted(self._client.scan_iter(match=keys.worker("*"), count=1_000))
            pipeline = self._client.pipeline(transaction=False)
            for key in found:
                pipeline.hgetall(key)
            answers = pipeline.execute() if found else []
        names = (key.decode().split(":", 1)[1] for key in found)
        pairs = zip(names, answers, strict=True)
        return {name: _text(fields) for name, fields in pairs if fields}


def _text(fields: Mapping[bytes, bytes]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in fields.items()}
