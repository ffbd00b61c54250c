"""The one mapping from errors to answers."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import falcon
import msgspec
import structlog
from falcon.asgi import Request, Response, WebSocket

from api.http.middleware import request_id
from api.http.routes import UNPROCESSABLE, Application
from api.http.v1_envelope import failure, is_v1
from core.clock.times import format_time, now_ms
from core.errors import InvalidRequest, TickcastError, Unauthorized, Unavailable
from core.jobs import JobError

log = structlog.get_logger("api")

INTERNAL = "The server could not answer; its log gives the reason under this request id."
# Close codes from 4000 on are left to applications by RFC 6455: 4401 is our 401.
_CLOSE_CODES = 4_000


class ErrorBody(msgspec.Struct, omit_defaults=True):
    """Body of every error: its type, a sentence naming field and fix, when, and which request."""

    error: str
    detail: str
    timestamp: str
    request_id: str
    task_id: str | None = None
    code: str | None = None
    # Of an order that a limit refused: which.
    limit: str | None = None
    # Of the paths of source 000 only: "error", and the sentence again.
    status: str | None = None
    message: str | None = None


class TaskFailed(TickcastError):
    """The task that a caller waited for did not succeed; its error's type sets the status.

    `task_id` is None for work that was asked for without a task.
    """

    def __init__(self, task_id: str | None, error: JobError) -> None:
        super().__init__(error.detail)
        self.task_id = task_id
        self.type = error.type
        self.status = status_by_type().get(error.type, 500)
        self.retry_after = 2 if self.status == 503 else None


def _tree(kind: type[TickcastError]) -> Iterator[type[TickcastError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _tree(child)


def status_by_type() -> dict[str, int]:
    """Return the status of every type of error, those of modules that were imported late too."""
    known = {kind.type: kind.status for kind in _tree(TickcastError)}
    return known | {"cancelled": 409, "worker_lost": 503}


def add_error_handlers(app: Application) -> None:
    """Make every error of `app` leave in the house form."""
    app.add_error_handler(Exception, _unexpected)
    app.add_error_handler(falcon.HTTPError, _from_falcon)
    app.add_error_handler(TickcastError, _deliberate)


async def _deliberate(
    req: Request,
    resp: Response | None,
    error: TickcastError,
    params: Any,
    ws: WebSocket | None = None,
) -> None:
    # What is away fails every call, and where is no news: a traceback each would bury the log.
    # Who was refused without having tried has a line already, that of the request.
    away = isinstance(error, Unavailable)
    if error.status >= 500 and (error.__cause__ or not away):
        cause = type(error.__cause__).__name__ if error.__cause__ else None
        log.warning(
            "failed",
            request_id=request_id(req),
            error=error.type,
            cause=cause,
            exc_info=None if away else error,
        )
    headers = {}
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'ApiKey realm="tickcast"'
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    # A fault of ours may name our insides; that of a task was worded for the caller.
    ours = error.status == 500 and not isinstance(error, TaskFailed)
    body = _body(req, error.type, INTERNAL if ours else error.detail)
    for name in ("task_id", "limit", "code"):
        setattr(body, name, getattr(error, name, None))
    await _send(req, resp, ws, error.status, body, headers, _details(error))


def _details(error: TickcastError) -> dict[str, Any]:
    """Return what /api/v1 tells of an error beside its sentence."""
    if isinstance(error, TaskFailed):
        return {"task_id": error.task_id} if error.task_id else {}
    if not isinstance(error, InvalidRequest) or not error.field:
        return {}
    known = {"valid_values": list(error.choices)} if error.choices else {}
    return {"field": error.field, **known}


async def _from_falcon(
    req: Request,
    resp: Response | None,
    error: falcon.HTTPError,
    params: Any,
    ws: WebSocket | None = None,
) -> None:
    status = HTTPStatus(error.status_code)
    kind = _TYPES.get(status, status.phrase.lower().replace(" ", "_"))
    body = _body(req, kind, _SENTENCES.get(status, f"{status.phrase}."))
    await _send(req, resp, ws, status, body, dict(error.headers or {}))


async def _unexpected(
    req: Request, resp: Response | None, error: Exception, params: Any, ws: WebSocket | None = None
) -> None:
    log.error("internal error", request_id=request_id(req), exc_info=error)
    await _send(req, resp, ws, 500, _body(req, "internal_error", INTERNAL), {})


def error_body(req: Request, error: Exception) -> ErrorBody:
    """Return the body of an error that is told after the answer has begun."""
    ours = not isinstance(error, TickcastError) or (
        error.status == 500 and not isinstance(error, TaskFailed)
    )
    if ours or not isinstance(error, TickcastError):
        return _body(req, TickcastError.type, INTERNAL)
    return _body(req, error.type, error.detail)


def _body(req: Request, kind: str, detail: str) -> ErrorBody:
    return ErrorBody(kind, detail, format_time(now_ms()), request_id(req))


async def _send(
    req: Request,
    resp: Response | None,
    ws: WebSocket | None,
    status: int,
    body: ErrorBody,
    headers: Mapping[str, str],
    details: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    req.context.error = body.error
    if ws is not None:
        await ws.close(_CLOSE_CODES + status, body.error)
    elif resp is not None:
        if status == UNPROCESSABLE and body.error not in _UNPROCESSABLE_ALWAYS:
            status = req.context.routes.of(req.uri_template).invalid
        if req.context.routes.of(req.path).status_body:
            body.status, body.message = "error", body.detail
        shown: msgspec.Struct = body
        if is_v1(req.path):
            said = body.error, body.detail, details, body.timestamp, body.request_id
            status, shown = failure(status, *said)
        resp.status = status
        resp.set_headers(dict(headers))
        resp.sse = resp.media = resp.text = None
        resp.content_type = falcon.MEDIA_JSON
        resp.data = msgspec.json.encode(shown)


# What is well formed and yet refused, on routes whose 400 names a value out of its domain, too.
_UNPROCESSABLE_ALWAYS = frozenset({"venue_rejected", "token_needed"})
_TYPES = {HTTPStatus.BAD_REQUEST: "malformed_request"}
_SENTENCES = {
    HTTPStatus.BAD_REQUEST: "The request cannot be read.",
    HTTPStatus.NOT_FOUND: "There is no such route; /docs lists them all.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This route does not take that method; see the header Allow.",
}
