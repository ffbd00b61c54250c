"""The documentation: the OpenAPI document and a page that shows it, both without the network."""

from typing import Any

import msgspec
from falcon import MEDIA_HTML, MEDIA_JSON
from falcon.asgi import Request, Response
from offapi import OpenAPITemplate

from api.docs.openapi import operation
from api.docs.openapi_parts import html_answer

PATH = "/openapi.json"
# The page carries all that it needs; nothing may be fetched from elsewhere.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; worker-src blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class OpenApiDocument:
    """`GET /openapi.json`"""

    def __init__(self, document: dict[str, Any]) -> None:
        self._text = msgspec.json.encode(document)

    async def on_get(self, req: Request, resp: Response) -> None:
        """Return the OpenAPI document."""
        resp.content_type = MEDIA_JSON
        resp.data = self._text


class DocsPage:
    """`GET /docs`"""

    def __init__(self) -> None:
        template = OpenAPITemplate.SWAGGER.value
        # Swagger UI would send the document's address to a validator on the internet.
        local = template.replace(
            "dom_id:", "validatorUrl: null, persistAuthorization: true, dom_id:"
        )
        self._page = local.format(spec_url=PATH).encode()

    @operation("docs", "service", {200: None}, more=html_answer())
    async def on_get(self, req: Request, resp: Response) -> None:
        """Show the documentation."""
        resp.content_type = MEDIA_HTML
        resp.set_header("Content-Security-Policy", _POLICY)
        resp.data = self._page
