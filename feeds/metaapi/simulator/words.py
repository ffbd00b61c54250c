"""How MetaApi words answers, instants and errors."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
from aiohttp import web

from core.clock.times import format_time

# The broker's server is so far ahead of UTC, which `brokerTime` shows.
BROKER_MS = 7_200_000
RETRY_S = 1
_NAMES = {
    400: "ValidationError", 401: "UnauthorizedError", 403: "ForbiddenError", 404: "NotFoundError",
    429: "TooManyRequestsError", 504: "TimeoutError",
}  # fmt: skip
_FAULTS = {"not-connected": "NotConnectedError", "not-synchronized": "NotSynchronizedError"}
_KINDS: dict[int, type[web.HTTPException]] = {
    400: web.HTTPBadRequest, 401: web.HTTPUnauthorized, 404: web.HTTPNotFound,
}  # fmt: skip


def broker_time(at_ms: int) -> str:
    """Return an instant by the broker's clock, as MetaApi writes it."""
    moment = datetime.fromtimestamp((at_ms + BROKER_MS) / 1_000, UTC).replace(tzinfo=None)
    return moment.isoformat(sep=" ", timespec="milliseconds")


def refusal(status: int) -> web.HTTPException:
    """Return the exception that answers with a status, in MetaApi's form."""
    text = msgspec.json.encode(error(status)[0]).decode()
    return _KINDS[status](text=text, content_type="application/json")


def error(status: int, name: str = "") -> tuple[object, dict[str, str]]:
    """Return the body and the headers of a status."""
    told: dict[str, object] = {
        "id": 1, "error": name or _NAMES.get(status, "InternalError"), "message": "Simulated.",
    }  # fmt: skip
    if status != 429:
        return told, {}
    again = format_time(int((time.time() + RETRY_S) * 1_000))
    return told | {"metadata": {"recommendedRetryTime": again}}, {"Retry-After": str(RETRY_S)}


def fault_words(name: str) -> tuple[int, object, Mapping[str, str]]:
    """Return how MetaApi words a fault of the script."""
    status = 504 if name in _FAULTS else int(name)
    said, headers = error(status, _FAULTS.get(name, ""))
    return status, said, headers


def check_token(request: web.Request) -> None:
    """Refuse a request without a token, or with one that begins with `wrong`."""
    token = request.headers.get("auth-token", "")
    if not token or token.startswith("wrong"):
        raise refusal(401)
