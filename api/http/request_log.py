"""One log line and one count for every request."""

import time

import structlog
from falcon.asgi import Request, Response

from api.health.metrics import RequestMetrics
from api.http.request_id import request_id

log = structlog.get_logger("api")

_NO_ROUTE = "none"
_PROBES = ("/health", "/metrics", "/metrics/prometheus")


class RequestLog:
    """Middleware that logs and counts each answer as it begins to leave.

    The line names the key's id, never the key; the route's template beside the
    path; no query and no body.
    """

    def __init__(self, metrics: RequestMetrics) -> None:
        self._metrics = metrics

    async def process_request(self, req: Request, resp: Response) -> None:
        """Note the time."""
        req.context.began = time.perf_counter()

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        """Write the line."""
        seconds = time.perf_counter() - getattr(req.context, "began", time.perf_counter())
        method = "HEAD" if getattr(req.context, "is_head", False) else req.method
        route = req.uri_template or _NO_ROUTE
        self._metrics.count(method, route, resp.status_code, seconds)
        key = getattr(req.context, "key", None)
        # Probes come every few seconds for ever: theirs would bury the other lines.
        write = log.debug if route in _PROBES else log.info
        write(
            "request",
            method=method,
            path=req.path[:200],
            route=route,
            status=resp.status_code,
            error=getattr(req.context, "error", None),
            milliseconds=round(seconds * 1_000, 2),
            key=key.id if key else None,
            request_id=request_id(req),
        )
