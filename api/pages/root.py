"""The root: where to go from here."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import VERSION
from api.http.schemas import Root


class RootResource:
    """`GET /`"""

    @operation("root", "service", {200: Root})
    async def on_get(self, req: Request, resp: Response) -> None:
        """Say that the server runs, and where its documentation is."""
        resp.media = Root("ok", "Tickcast", VERSION, "/docs")
