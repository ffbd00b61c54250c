"""HEAD wherever there is GET: the same headers, no body."""

from falcon.asgi import Request, Response


class HeadRequests:
    """Middleware that lets GET responders answer HEAD; Falcon then leaves out the body."""

    async def process_request(self, req: Request, resp: Response) -> None:
        """Look the route up as GET."""
        req.context.is_head = req.method == "HEAD"
        if req.context.is_head:
            req.method = "GET"

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        """Name the method again that was asked, and in Allow the one that we add."""
        if getattr(req.context, "is_head", False):
            req.method = "HEAD"
            resp.sse = None
        allowed = resp.get_header("Allow") or ""
        if "GET" in allowed:
            resp.set_header("Allow", allowed.replace("GET", "GET, HEAD"))
