"""Bodies of requests: refused by size and type before a byte of them is parsed."""

from collections.abc import Iterable
from typing import Any

from falcon.asgi import Request

from api.http.json_text import parse_json
from api.http.threads import in_work_thread
from core.errors import MalformedRequest, TooLarge, UnsupportedMediaType

BODY_LIMIT = 1 << 20
JSON = "application/json"
# Bodies larger than this are parsed on a thread: the loop has others to serve.
_PARSE_ON_THREAD_FROM = 1 << 16


async def read_body(req: Request, limit: int = BODY_LIMIT) -> bytes:
    """Return the whole body.

    Raises `TooLarge` as soon as the announced or the received size exceeds
    `limit` bytes, and `UnsupportedMediaType` for a compressed one.
    """
    if (req.get_header("Content-Encoding") or "identity").lower() != "identity":
        raise UnsupportedMediaType("Content-Encoding: send the body uncompressed.")
    if (req.content_length or 0) > limit:
        raise _too_large(limit)
    parts, size = [], 0
    async for part in req.stream:
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


async def parse_body(body: bytes, *, constants: bool = False) -> Any:
    """Return the value of a JSON body, as `parse_json` does."""
    if len(body) < _PARSE_ON_THREAD_FROM:
        return parse_json(body, constants=constants)
    return await in_work_thread(parse_json, body, constants=constants)


def media_type(req: Request, accepted: Iterable[str] = (JSON,)) -> str:
    """Return the body's media type without its parameters; none given means the first accepted.

    Raises `UnsupportedMediaType` naming those that the route reads.
    """
    accepted = tuple(accepted)
    kind, _, parameters = (req.content_type or accepted[0]).partition(";")
    kind, parameters = kind.strip().lower(), parameters.strip().lower()
    if kind not in accepted:
        raise UnsupportedMediaType(f"Content-Type must be {' or '.join(accepted)}.")
    if parameters.startswith("charset") and "utf-8" not in parameters:
        raise MalformedRequest("Content-Type: the charset must be utf-8.")
    return kind


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body exceeds {limit:,} bytes; send it in parts.")
