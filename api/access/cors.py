"""Pages of other origins that may call, where the settings name them; by default none."""

from collections.abc import Collection

from falcon import HTTP_204
from falcon.asgi import Request, Response

# What such a page may send besides what browsers always send: a key, and no admin secret.
_SENT = "X-API-Key, Content-Type, Prefer, Idempotency-Key, If-None-Match, X-Request-ID"
_READ = (
    "X-Request-ID, Location, Link, ETag, Retry-After, Preference-Applied, X-Next-Cursor, "
    "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"
)
_METHODS = "GET, HEAD, POST, PUT, DELETE"
_REMEMBERED_S = 600


class CrossOrigin:
    """Middleware that tells browsers which pages of other origins may read what is answered.

    Cookies are never asked for: a page sends its key. A browser's question before a call
    brings no key, so that it is answered before one is looked for.
    """

    def __init__(self, origins: Collection[str]) -> None:
        self._origins = frozenset(origins)

    async def process_request(self, req: Request, resp: Response) -> None:
        """Answer a browser that asks whether it may call."""
        asks = req.method == "OPTIONS" and req.get_header("Access-Control-Request-Method")
        if asks and req.get_header("Origin") in self._origins:
            resp.status = HTTP_204
            resp.set_header("Access-Control-Allow-Methods", _METHODS)
            resp.set_header("Access-Control-Allow-Headers", _SENT)
            resp.set_header("Access-Control-Max-Age", str(_REMEMBERED_S))
            resp.complete = True

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        """Name the origin that may read the answer."""
        if not self._origins:
            return
        resp.append_header("Vary", "Origin")
        origin = req.get_header("Origin")
        if origin in self._origins:
            resp.set_header("Access-Control-Allow-Origin", origin)
            resp.set_header("Access-Control-Expose-Headers", _READ)
