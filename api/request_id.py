"""A name for every request, which its answer and its log line carry."""

import re
import secrets

from falcon.asgi import Request, Response

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
    """Middleware that writes the id on every answer."""

    async def process_request(self, req: Request, resp: Response) -> None:
        resp.set_header(HEADER, request_id(req))
