"""How often a key may call the routes that say so."""

import contextlib
import math
import time
from functools import partial

import redis
from falcon.asgi import Request, Response
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import NoScriptError, RedisError

from api.access.minute_calls import MinuteCalls
from api.http.routes import CallLimit, Routes
from api.http.threads import in_thread
from core.errors import RedisUnavailable, TooManyRequests
from core.robots.accounts import Account
from storage import keys
from storage.access.access_keys import OWNER
from storage.redis_connection import redis_errors

DEFAULT_CALLS = 12_000
DEAR_CALLS = 300


class MovingWindows(MovingWindowRateLimiter):
    """Counts calls in Redis, in windows that move."""

    def __init__(self, client: "redis.Redis") -> None:
        pool, self._client = client.connection_pool, client
        self._kept = RedisStorage("redis://", connection_pool=pool, key_prefix=keys.RATE_LIMITS)
        super().__init__(self._kept)

    def hit_and_look(self, item: RateLimitItem, *identifiers: str) -> tuple[bool, int, float]:
        """Do `hit` and `get_window_stats` in one round trip.

        Returns whether the call was counted, how many are left, and when (s) one more is.
        """
        kept, now, span = self._kept, time.time(), item.get_expiry()
        key = kept.prefixed_key(item.key_for(*identifiers))
        pipe = self._client.pipeline(transaction=False)
        pipe.evalsha(kept.lua_acquire_moving_window.sha, 1, key, now, item.amount, span, 1)
        pipe.evalsha(kept.lua_moving_window.sha, 1, key, now - span, item.amount)
        hit, window = pipe.execute(raise_on_error=False)
        # A Redis that was started anew knows no scripts until the library sends them.
        if isinstance(hit, NoScriptError):
            hit = self.hit(item, *identifiers)
        if isinstance(window, NoScriptError):
            reset, left = self.get_window_stats(item, *identifiers)
            return bool(hit), max(0, left), reset
        for reply in (hit, window):
            if isinstance(reply, RedisError):
                raise reply
        start, count = window or (now, 0)
        return bool(hit), max(0, item.amount - count), float(start) + span


class RateLimits:
    """Middleware that counts calls in Redis, for all api processes together.

    The window moves: within any 60 seconds a key gets no more than its number of
    calls, however they are bunched and however many come at once; a refused call
    does not count. Owners are exempt. Keys of one account are counted together, so that a
    second one is no second budget. Every counted answer says in
    `X-RateLimit-Limit`, `-Remaining` and `-Reset` (epoch seconds: when the oldest
    call leaves the window) where the caller stands. While Redis is away they do not
    count: what needs it is refused anyway.

    Besides, every key but an owner's may call any route `DEFAULT_CALLS` times a minute,
    and every key those that are dear `DEAR_CALLS` times, on all api processes together.
    """

    def __init__(self, client: "redis.Redis", routes: Routes, calls: MinuteCalls) -> None:
        self._routes = routes
        self._calls = calls
        self._limiter = MovingWindows(client)

    async def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, str]
    ) -> None:
        """Count the call, or raise `TooManyRequests`."""
        route, key = self._routes.of(req.uri_template), req.context.key
        if key is None:
            return
        if route.dear:
            self._count(f"{key.id} dear", DEAR_CALLS)
        if key.role == OWNER:
            return
        self._count(key.id, DEFAULT_CALLS)
        if limit := route.limits.get(req.method):
            count = partial(self._count_for_all, resp, limit, key.id, req.context.account)
            if limit.free_repeats:
                req.context.count_call = count
            else:
                await count()

    def _count(self, name: str, calls: int) -> None:
        self._calls.count(name, calls, f"This key may call {calls:,} times a minute.")

    async def _count_for_all(
        self, resp: Response, limit: CallLimit, key_id: str, account: Account | None
    ) -> None:
        with contextlib.suppress(RedisUnavailable):
            await self._count_in_redis(resp, limit, key_id, account)

    async def _count_in_redis(
        self, resp: Response, limit: CallLimit, key_id: str, account: Account | None
    ) -> None:
        calls, whose = limit.calls, key_id
        if account is not None:
            whose = f"account-{account.id}"
            calls = account.rate_limit_per_min if limit.of_account else calls
        elif limit.of_account:
            return
        item = RateLimitItemPerMinute(calls, namespace="v1")
        allowed, remaining, reset = await in_thread(self._hit, item, whose, limit.name)
        resp.set_header("X-RateLimit-Limit", str(item.amount))
        resp.set_header("X-RateLimit-Remaining", str(remaining))
        resp.set_header("X-RateLimit-Reset", str(math.ceil(reset)))
        if not allowed:
            raise TooManyRequests(
                f"{'This key' if account is None else 'This account'} may call "
                f"{'these routes' if limit.of_account else 'this route'} {calls} times a minute.",
                retry_after=max(1, math.ceil(reset - time.time())),
            )

    def _hit(self, item: RateLimitItem, *identifiers: str) -> tuple[bool, int, float]:
        with redis_errors():
            return self._limiter.hit_and_look(item, *identifiers)
