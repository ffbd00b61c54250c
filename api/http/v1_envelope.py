"""The body of every answer under `/api/v1`, of success and of failure."""

import math
import time
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from falcon.asgi import Request
from msgspec import Struct

from api.http.middleware import request_id

PREFIX = "/api/v1/"
# Below it, routes of another source, whose errors have the form of all others.
_NOT_ENVELOPED = ("/api/v1/auto-trade/", "/api/v1/chat", "/api/v1/conversations")
# Names of errors there; those that are not listed are our own in capitals.
_CODES = {
    "invalid_request": "VALIDATION_ERROR",
    "malformed_request": "VALIDATION_ERROR",
    "unauthorized": "AUTHENTICATION_ERROR",
    "too_many_requests": "RATE_LIMIT_EXCEEDED",
}


class Metadata(Struct):
    """Which request this answers, how long that took, and whether the answer was at hand.

    `latency_ms` is in whole milliseconds, a begun one counted.
    """

    request_id: str
    latency_ms: int
    cached: bool


class Envelope(Struct):
    """A successful answer; `success_of` documents it with the type of its data."""

    success: Literal[True]
    data: Any
    metadata: Metadata


class V1ErrorDetails(Struct):
    """What failed; `details` may name a `field` and its `valid_values`, or a `task_id`."""

    code: str
    message: str
    details: dict[str, Any]


class V1ErrorMetadata(Struct):
    """Which request failed, and when."""

    request_id: str
    timestamp: str


class V1Error(Struct):
    """Body of every error under `/api/v1`."""

    success: Literal[False]
    error: V1ErrorDetails
    metadata: V1ErrorMetadata


def is_v1(path: str) -> bool:
    """Say whether a path's answers have this body."""
    return path.startswith(PREFIX) and not path.startswith(_NOT_ENVELOPED)


def succeed(req: Request, data: Any, cached: bool = False) -> Envelope:
    """Return the body of a successful answer to `req`."""
    began = getattr(req.context, "began", None)
    seconds = time.perf_counter() - began if began else 0.0
    return Envelope(True, data, Metadata(request_id(req), math.ceil(1_000 * seconds), cached))


def success_of(name: str, data: type[Struct]) -> type[Struct]:
    """Return the envelope around `data` as a type for the OpenAPI document."""
    fields = [("success", Literal[True]), ("data", data), ("metadata", Metadata)]
    made = msgspec.defstruct(name, fields, module=__name__)
    made.__doc__ = f"{data.__name__} in the envelope of `/api/v1`."
    return made


def failure(
    status: int, kind: str, detail: str, details: Mapping[str, Any], when: str, request: str
) -> tuple[int, V1Error]:
    """Return status and body of a failure: what is invalid is a 400 here, never a 422."""
    error = V1ErrorDetails(_CODES.get(kind, kind.upper()), detail, dict(details))
    return 400 if status == 422 else status, V1Error(False, error, V1ErrorMetadata(request, when))
