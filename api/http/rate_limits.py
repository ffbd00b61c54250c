"""How often a key may call the routes that say so."""

import math
import time

import redis
from falcon.asgi import Request, Response
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from api.http.routes import Routes
from api.http.threads import in_thread
from core.errors import TooManyRequests
from storage import keys
from storage.access.access_keys import OWNER
from storage.redis_connection import redis_errors


class RateLimits:
    """Middleware that counts calls in Redis, for all api processes together.

    The window moves: within any 60 seconds a key gets no more than its number of
    calls, however they are bunched and however many come at once; a refused call
    does not count. Owners are exempt. Every counted answer says in
    `X-RateLimit-Limit`, `-Remaining` and `-Reset` (epoch seconds: when the oldest
    call leaves the window) where the caller stands.
    """

    def __init__(self, client: "redis.Redis", routes: Routes) -> None:
        self._routes = routes
        storage = RedisStorage(
            "redis://", connection_pool=client.connection_pool, key_prefix=keys.RATE_LIMITS
        )
        self._limiter = MovingWindowRateLimiter(storage)

    async def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, str]
    ) -> None:
        """Count the call, or raise `TooManyRequests`."""
        limit = self._routes.of(req.uri_template).limits.get(req.method)
        key = req.context.key
        if limit is None or key is None or key.role == OWNER:
            return
        item = RateLimitItemPerMinute(limit.calls, namespace="v1")
        allowed, remaining, reset = await in_thread(self._hit, item, key.id, limit.name)
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
