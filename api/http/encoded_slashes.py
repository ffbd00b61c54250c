"""Slashes inside a segment of a path, such as the symbol `BTC%2FUSD`.

ASGI servers decode a path before anybody splits it, which makes two segments of
one. Here the slash stays encoded, and `symbol_of` decodes it.
"""

from urllib.parse import unquote

from falcon.asgi import Request, Response

_ENCODED = "%2F"


class EncodedSlashes:
    """Middleware that keeps encoded slashes apart from the separators of segments."""

    async def process_request(self, req: Request, resp: Response) -> None:
        """Replace the path before it is looked at by anybody."""
        raw: bytes = req.scope.get("raw_path") or b""
        if _ENCODED.lower().encode() in raw.lower():
            segments = raw.partition(b"?")[0].decode("latin-1").split("/")
            req.path = "/".join(unquote(part).replace("/", _ENCODED) for part in segments)


def symbol_of(segment: str) -> str:
    """Return the symbol that a segment of a path stands for."""
    return segment.replace(_ENCODED, "/")
