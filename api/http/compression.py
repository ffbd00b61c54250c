"""gzip for answers that are worth it."""

import gzip

from falcon.asgi import Request, Response

from api.http.threads import in_work_thread

SMALLEST = 2_048
# On rows of candles level 1 packs to 23% in 6 ms where level 5 takes 15 ms for 19%.
_LEVEL = 1
_ON_THREAD_FROM = 1 << 16


class Compression:
    """Middleware that packs large bodies for callers that accept gzip."""

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        """Replace the body by its compressed form."""
        body = resp.data
        if body is None or len(body) < SMALLEST or resp.get_header("Content-Encoding"):
            return
        resp.append_header("Vary", "Accept-Encoding")
        if not accepts_gzip(req.get_header("Accept-Encoding") or ""):
            return
        if len(body) < _ON_THREAD_FROM:
            resp.data = gzip.compress(body, _LEVEL, mtime=0)
        else:
            resp.data = await in_work_thread(gzip.compress, body, _LEVEL, mtime=0)
        resp.set_header("Content-Encoding", "gzip")


def accepts_gzip(accepted: str) -> bool:
    """Say whether `Accept-Encoding` allows gzip (a quality of 0 forbids it)."""
    for part in accepted.lower().split(","):
        name, _, quality = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return quality.replace(" ", "").removeprefix("q=").strip("0.") != "" or not quality
    return False
