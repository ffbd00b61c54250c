"""The errors that the client raises.

    core.errors.TickcastError
    ├── ServerAway                  no Tickcast answers at that address
    ├── BadAddress                  the address is none
    ├── KeyUnreadable               the key's file may not be read
    ├── BadFrame                    the candles given cannot be sent at all
    ├── BadLedger                   rows do not lead to the hashes that they carry
    ├── AnswerError                 the server answered with an error
    │   ├── MalformedRequest        400
    │   ├── Unauthorized            401
    │   ├── Forbidden               403
    │   ├── NotFound                404
    │   ├── Conflict                409
    │   ├── TooLarge                413
    │   ├── UnsupportedMediaType    415
    │   ├── InvalidRequest          422
    │   ├── TooManyRequests         429
    │   └── ServerError             5xx
    │       └── Unavailable         503
    └── TaskError                   a task did not end well
        ├── TaskFailed
        ├── TaskCancelled
        └── TaskPending             it goes on; we only stopped waiting

Errors of httpx are mapped to these in `client.transport`.
"""

from typing import TYPE_CHECKING

import httpx
import msgspec

from client.words import for_python
from core.errors import TickcastError

if TYPE_CHECKING:
    from client.tasks import Task


class ServerAway(TickcastError):
    """Nothing answers at the address, or the connection broke."""

    type = "server_away"


class BadAddress(TickcastError):
    """The address is not one of http or https."""

    type = "bad_address"


class KeyUnreadable(TickcastError):
    """The file of the owner's key is there but closed to us."""

    type = "key_unreadable"


class BadFrame(TickcastError):
    """A frame lacks a column, or its times cannot be understood."""

    type = "bad_frame"


class BadLedger(TickcastError):
    """Rows of a ledger, hashed anew, are not what the server says they are."""

    type = "bad_ledger"


class AnswerError(TickcastError):
    """An error answer of the server.

    `status` is the HTTP status, `type` and `detail` are the server's, and
    `request_id` finds the request in its log. `retry_after` is in seconds.
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int,
        error_type: str,
        request_id: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.status = status
        self.type = error_type
        self.request_id = request_id


class MalformedRequest(AnswerError):
    """400: the body or the query cannot be read."""


class Unauthorized(AnswerError):
    """401: no key, or one that does not count."""


class Forbidden(AnswerError):
    """403: the key may not do this."""


class NotFound(AnswerError):
    """404: unknown platform, symbol, model, task or route."""


class Conflict(AnswerError):
    """409: the request contradicts the present state."""


class TooLarge(AnswerError):
    """413: the body exceeds its limit."""


class UnsupportedMediaType(AnswerError):
    """415: the route does not read this content type."""


class InvalidRequest(AnswerError):
    """422: a value is out of its domain; `detail` names the field and the fix."""


class TooManyRequests(AnswerError):
    """429: still refused after the bounded number of attempts."""


class ServerError(AnswerError):
    """5xx: a fault of the server's."""


class Unavailable(ServerError):
    """503: a part of the server is away, still so after the bounded number of attempts."""


class TaskError(TickcastError):
    """A task did not end well; `task` is its last known state."""

    type = "task_error"

    def __init__(self, detail: str, task: "Task") -> None:
        super().__init__(detail)
        self.task = task


class TaskFailed(TaskError):
    """The task failed; `detail` is the server's reason."""

    type = "task_failed"


class TaskCancelled(TaskError):
    """Somebody cancelled the task."""

    type = "task_cancelled"


class TaskPending(TaskError):
    """The task has not ended in the time that we were told to wait. It goes on."""

    type = "task_pending"


_BY_STATUS: dict[int, type[AnswerError]] = {
    400: MalformedRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    415: UnsupportedMediaType,
    422: InvalidRequest,
    429: TooManyRequests,
    503: Unavailable,
}


class _Body(msgspec.Struct):
    error: str = "unknown_error"
    detail: str = ""
    request_id: str | None = None


def answer_error(response: httpx.Response) -> AnswerError:
    """Return the typed error of an answer whose body has been read.

    An answer that is not in the house form, a proxy's for instance, gives its
    status and phrase as detail.
    """
    status = response.status_code
    try:
        body = msgspec.json.decode(response.content, type=_Body)
    except msgspec.MsgspecError:
        body = _Body()
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else AnswerError)
    return kind(
        for_python(body.detail) or f"The server answered {status} {response.reason_phrase}.",
        status=status,
        error_type=body.error,
        request_id=body.request_id or response.headers.get("X-Request-ID"),
        retry_after=retry_after_s(response),
    )


def retry_after_s(response: httpx.Response) -> int | None:
    """Return the seconds of `Retry-After`, if it is a plain number (we send no dates)."""
    text = response.headers.get("Retry-After", "")
    return int(text) if text.isascii() and text.isdigit() else None
