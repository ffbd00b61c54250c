"""How often a key may call the routes of `/api/v1`."""

import math
import time
from collections.abc import Mapping

import redis
from falcon.asgi import Request, Response
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from api.http.threads import in_thread
from core.errors import TooManyRequests
from storage import keys
from storage.access.access_keys import OWNER
from storage.redis_connection import redis_errors

_MODELS = ("models", 30)
# By method and route: the name of the count, and how many calls a minute it allows.
PER_MINUTE: Mapping[tuple[str, str], tuple[str, int]] = {
    ("POST", "/api/v1/predictions"): ("predictions", 100),
    ("POST", "/api/v1/signals"): ("signals", 100),
    ("GET", "/api/v1/signals/history"): ("history", 60),
    ("GET", "/api/v1/indicators"): ("indicators", 120),
    ("GET", "/api/v1/models/status"): _MODELS,
    ("GET", "/api/v1/models/{model_name}/metrics"): _MODELS,
}


class RateLimits:
    """Middleware that counts calls in Redis, for all api processes together.

    The window moves: within any 60 seconds a key gets no more than its number of
    calls, however they are bunched and however many come at once; a refused call
    does not count. Owners are exempt. Every counted answer says in
    `X-RateLimit-Limit`, `-Remaining` and `-Reset` (epoch seconds: when the oldest
    call leaves the window) where the caller stands.
    """

    def __init__(
        self,
        client: "redis.Redis",
        per_minute: Mapping[tuple[str, str], tuple[str, int]] = PER_MINUTE,
    ) -> None:
        storage = RedisStorage(
            "redis://", connection_pool=client.connection_pool, key_prefix=keys.RATE_LIMITS
        )
        self._limiter = MovingWindowRateLimiter(storage)
        self._items = {
            route: (name, RateLimitItemPerMinute(count, namespace="v1"))
            for route, (name, count) in per_minute.items()
        }

    async def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, str]
    ) -> None:
        """Count the call, or raise `TooManyRequests`."""
        limited = self._items.get((req.method, req.uri_template or ""))
        key = req.context.key
        if limited is None or key is None or key.role == OWNER:
            return
        name, item = limited
        allowed, remaining, reset = await in_thread(self._hit, item, key.id, name)
        resp.set_header("X-RateLimit-Limit", str(item.amount))
        resp.set_header("X-RateLimit-Remaining", str(remaining))
        resp.set_header("X-RateLimit-Reset", str(math.ceil(reset)))
        if not allowed:
            raise TooManyRequests(
                f"This key may call this route {item.amount} times a minute.",
                retry_after=max(1, math.ceil(reset - time.time())),
            )

    def _hit(self, item: RateLimitItem, *identifiers: str) -> tuple[bool, int, float]:
        with redis_errors():
            allowed = self._limiter.hit(item, *identifiers)
            reset, remaining = self._limiter.get_window_stats(item, *identifiers)
        return allowed, max(0, remaining), reset
