"""The dashboard: one page, its own files, and the chart library; nothing comes from elsewhere."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from falcon import HTTP_304, MEDIA_HTML
from falcon.asgi import Request, Response

from core.errors import NotFound

STATIC = Path(__file__).parent.parent / "static"
LIBRARY = "lightweight-charts.js"
# The one style that Lightweight Charts adds to the page, for the link to its makers.
LIBRARY_STYLE = "'sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY='"
# All from here: no script, style or picture from elsewhere, and no inline code.
POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {LIBRARY_STYLE}; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class Page:
    """`GET /app`, and other pages of one file."""

    def __init__(self, name: str = "app.html") -> None:
        self._page = (STATIC / name).read_bytes()

    async def on_get(self, req: Request, resp: Response) -> None:
        """Show the page; it learns the key from the part of its address that never travels."""
        send_page(req, resp, self._page)


class PageFiles:
    """`GET /app/static/{name}`: the files beside the page and below, all held in memory."""

    def __init__(self) -> None:
        self._files = _files()

    async def on_get(self, req: Request, resp: Response, name: str) -> None:
        """Send a file; a browser that has it already is told so."""
        if name not in self._files:
            raise NotFound("The page has no such file.")
        resp.content_type = _TYPES[Path(name).suffix]
        resp.set_header("X-Content-Type-Options", "nosniff")
        _send(req, resp, self._files[name])


def send_page(req: Request, resp: Response, page: bytes) -> None:
    """Send a page that may load nothing from elsewhere."""
    resp.content_type = MEDIA_HTML
    resp.set_header("Content-Security-Policy", POLICY)
    resp.set_header("Referrer-Policy", "no-referrer")
    resp.set_header("X-Content-Type-Options", "nosniff")
    _send(req, resp, page)


@cache
def _files() -> Mapping[str, bytes]:
    """Read all files, once in a process whatever applications it makes."""
    paths = [path for path in STATIC.rglob("*") if path.suffix in _TYPES]
    found = {path.relative_to(STATIC).as_posix(): path.read_bytes() for path in paths}
    return found | {LIBRARY: library_path().read_bytes()}


def library_path() -> Path:
    """Return where the package litecharts keeps Lightweight Charts, without importing it."""
    package = find_spec("litecharts")
    if package is None or package.origin is None:
        raise FileNotFoundError("The package litecharts is not installed.")
    return Path(package.origin).parent / "js" / LIBRARY


def _send(req: Request, resp: Response, content: bytes) -> None:
    # Asked for anew each time, so that a page never runs with files of another version.
    resp.set_header("Cache-Control", "no-cache")
    digest = hashlib.sha256(content).hexdigest()[:32]
    # Weak, because the same content may go out packed.
    resp.set_header("ETag", f'W/"{digest}"')
    if digest in (req.if_none_match or ()):
        resp.status = HTTP_304
    else:
        resp.data = content
