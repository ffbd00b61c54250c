"""A name for every request, which its answer and its log line carry."""

import re
import secrets

from falcon.asgi import Request, Response, WebSocket
from structlog.contextvars import bind_contextvars

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")


def request_id(req: Request) -> str:
    """Return the request's id, making one where there is none yet.

    A caller's own `X-Request-ID` is kept if it is short and plain, so that logs
    on both sides can be joined.
    """
    known = getattr(req.context, "request_id", None)
    if known is None:
        offered = req.get_header(HEADER) or ""
        known = offered if _ACCEPTED.match(offered) else secrets.token_hex(8)
        req.context.request_id = known
    return str(known)


class RequestId:
    """Middleware that writes the id on every answer, and on what is logged while it is made.

    Every request runs in a task of its own, so that none sees another's id; the
    messages to workers carry it along.
    """

    async def process_request(self, req: Request, resp: Response) -> None:
        resp.set_header(HEADER, request_id(req))
        bind_contextvars(request_id=request_id(req))

    async def process_request_ws(self, req: Request, ws: WebSocket) -> None:
        """Let the lines that a socket causes carry its id."""
        bind_contextvars(request_id=request_id(req))
