"""Wakes the trader, which looks for work by itself a little later."""

import redis

from storage import keys
from storage.redis_connection import redis_errors


class TraderWake:
    """May raise `RedisUnavailable`."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def __call__(self) -> None:
        """Tell the trader that something waits for it."""
        with redis_errors():
            self._client.publish(keys.TRADER_WAKE, "")
