"""The documentation: the OpenAPI document and a page that shows it, both without the network."""

import base64
import hashlib
from functools import cache
from html.parser import HTMLParser

from falcon import MEDIA_HTML, MEDIA_JSON
from falcon.asgi import Request, Response
from offapi import OpenAPITemplate

from api.docs.openapi import operation
from api.docs.openapi_parts import html_answer

PATH = "/openapi.json"
# The page carries all that it needs: its own scripts and styles, known by their hashes,
# run, and no others, since the owner's key is kept for this origin. Nothing is fetched
# from elsewhere.
_POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src data:; font-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class _InlineParts(HTMLParser):
    """What stands between the tags `script` and `style` of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._parts: dict[str, list[str]] = {"script": [], "style": []}
        self._within = ""
        self.feed(page)

    def hashes(self, tag: str) -> str:
        """Return the sources by which a policy allows these parts and no others."""
        digests = (hashlib.sha256(part.encode()).digest() for part in self._parts[tag])
        return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a part."""
        self._within = tag if tag in self._parts else ""
        if self._within:
            self._parts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        """End a part."""
        self._within = ""

    def handle_data(self, data: str) -> None:
        """Take a piece of a part."""
        if self._within:
            self._parts[self._within][-1] += data


class OpenApiDocument:
    """`GET /openapi.json`"""

    def __init__(self, document: bytes) -> None:
        self._text = document

    async def on_get(self, req: Request, resp: Response) -> None:
        """Return the OpenAPI document."""
        resp.content_type = MEDIA_JSON
        resp.data = self._text


class DocsPage:
    """`GET /docs`"""

    def __init__(self) -> None:
        self._page, self._policy = _page_and_policy()

    @operation("docs", "service", {200: None}, more=html_answer())
    async def on_get(self, req: Request, resp: Response) -> None:
        """Show the documentation."""
        resp.content_type = MEDIA_HTML
        resp.set_header("Content-Security-Policy", self._policy)
        resp.set_header("Referrer-Policy", "no-referrer")
        resp.set_header("X-Content-Type-Options", "nosniff")
        resp.data = self._page


@cache
def _page_and_policy() -> tuple[bytes, str]:
    template = OpenAPITemplate.SWAGGER.value
    # Swagger UI would send the document's address to a validator on the internet.
    local = template.replace("dom_id:", "validatorUrl: null, persistAuthorization: true, dom_id:")
    page = local.format(spec_url=PATH)
    inline = _InlineParts(page)
    policy = _POLICY.format(script=inline.hashes("script"), style=inline.hashes("style"))
    return page.encode(), policy
