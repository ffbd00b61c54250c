"""The page that a browser opens first."""

from pathlib import Path

from falcon import MEDIA_HTML
from falcon.asgi import Request, Response

STATIC = Path(__file__).parent.parent / "static"
# All from here: no script, style or picture from elsewhere, and no inline code.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Page:
    """`GET /app`"""

    def __init__(self) -> None:
        self._page = (STATIC / "app.html").read_bytes()

    async def on_get(self, req: Request, resp: Response) -> None:
        """Show the page; it learns the key from the part of its address that never travels."""
        resp.content_type = MEDIA_HTML
        resp.set_header("Content-Security-Policy", POLICY)
        resp.set_header("Cache-Control", "no-cache")
        resp.data = self._page
