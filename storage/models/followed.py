"""How far the intervals of trained models have followed outcomes, kept beside their runs."""

from typing import Any

import redis

from storage import keys
from storage.redis_connection import redis_errors

# What is lost is worked out anew from the candles since training.
KEPT_S = 90 * 86_400


class FollowedStore:
    """Every method may raise `RedisUnavailable`."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def get(self, run_id: str) -> bytes | None:
        """Return what was kept of a run."""
        with redis_errors():
            held: Any = self._client.get(keys.followed(run_id))
        return held if held is None else bytes(held)

    def put(self, run_id: str, followed: bytes) -> None:
        """Keep it; an older one in its place would only be followed once more."""
        with redis_errors():
            self._client.set(keys.followed(run_id), followed, ex=KEPT_S)
