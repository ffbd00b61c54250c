"""What may be done a few times an hour only, by whoever it is."""

import math
import time

import redis
from limits import RateLimitItem

from api.access.rate_limits import MovingWindows
from api.http.threads import in_thread
from core.errors import TooManyRequests
from storage.redis_connection import redis_errors


class SeldomCalls:
    """Counts in Redis, in windows that move; a refused call does not count."""

    def __init__(self, client: "redis.Redis", name: str, *limits: RateLimitItem) -> None:
        self._limiter = MovingWindows(client)
        self._name = name
        self._limits = limits

    async def count(self, who: str) -> None:
        """Count one call; raises `TooManyRequests` beyond a limit, `RedisUnavailable`."""
        for limit in self._limits:
            left = await in_thread(self._hit, limit, who)
            if left:
                raise TooManyRequests(f"Only {limit} of this.", retry_after=left)

    def _hit(self, limit: RateLimitItem, who: str) -> int:
        """Return for how many seconds there is no more, 0 if the call was counted."""
        with redis_errors():
            if self._limiter.hit(limit, self._name, who):
                return 0
            reset, _ = self._limiter.get_window_stats(limit, self._name, who)
        return max(1, math.ceil(reset - time.time()))
