"""What anybody may send before a key is looked at: bounded in bytes, in number and in time.

uvicorn's protocol on httptools takes a head of any length for any time, and
gunicorn's `limit_request_*` are for its own workers only.
"""

import asyncio
import secrets
from http import HTTPStatus
from typing import Any, NamedTuple

import httptools
import msgspec
from prometheus_client import Counter
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.http11 import Response
from websockets.typing import StatusLike

from api.http.errors import ErrorBody
from api.open_sockets import OpenSockets
from core.clock.times import format_time, now_ms

URL_LIMIT = 8_190
HEADER_COUNT_LIMIT = 100
HEAD_LIMIT = 32_768
HEAD_SECONDS = 10.0
BODY_SECONDS = 60.0
# Requests sent ahead on one connection that may wait for their turn.
PIPELINE_LIMIT = 32
# Who is still sending when refused would otherwise lose the answer to a reset.
_LINGER_SECONDS = 1.0

_refused = Counter(
    "tickcast_connections_refused", "Requests refused before their key was looked at.", ("error",)
)


class Refusal(NamedTuple):
    """How the protocol layer refuses: an error in the house form, then the end."""

    status: int
    error: str
    detail: str
    headers: tuple[tuple[str, str], ...] = ()


MALFORMED = Refusal(400, "malformed_request", "The request cannot be read.")
URL_TOO_LONG = Refusal(414, "too_large", f"The address exceeds {URL_LIMIT:,} bytes; shorten it.")
HEAD_TOO_LARGE = Refusal(
    431,
    "too_large",
    f"The headers exceed {HEADER_COUNT_LIMIT} lines or {HEAD_LIMIT:,} bytes; send fewer.",
)
HEAD_TOO_SLOW = Refusal(
    408, "too_slow", f"The headers did not come within {HEAD_SECONDS:.0f} s; send them faster."
)
BODY_TOO_SLOW = Refusal(
    408, "too_slow", f"The body did not come within {BODY_SECONDS:.0f} s; send it in parts."
)
TOO_MANY_SOCKETS = Refusal(
    429,
    "too_many_requests",
    "This address holds as many connections as it may; close some, or reuse them.",
    (("Retry-After", "1"),),
)


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol, within the limits above; a refused connection ends.

    Limits of size hold before a byte more is kept: what brings neither a whole
    head nor a part of a body is counted as it arrives, so that one header
    without end is refused too.
    """

    def __init__(self, *args: Any, sockets: OpenSockets, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sockets = sockets
        self._counted = False
        self._fault: Refusal | None = None
        self._over = False
        self._timer: asyncio.TimerHandle | None = None
        self._fruitless = 0
        self._header_count = self._header_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the socket, if its address holds not too many."""
        super().connection_made(transport)
        self._counted = True
        if self._sockets.enter(_address(self.client)):
            self._expect(HEAD_SECONDS, HEAD_TOO_SLOW)
        else:
            self._refuse(TOO_MANY_SOCKETS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the socket."""
        self._expect_nothing()
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, or refuse."""
        if self._over:
            return
        self._unset_keepalive_if_required()
        self._fruitless += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self._refuse(self._fault or MALFORMED)
            return
        except httptools.HttpParserUpgrade:
            self._upgrade()
            return
        if self._fruitless > HEAD_LIMIT:
            self._refuse(HEAD_TOO_LARGE)
        elif len(self.pipeline) > PIPELINE_LIMIT:
            self.transport.abort()
        elif self._timer is None and self._idle:
            # What came began no request, blank lines say: it buys no more time.
            self._expect(HEAD_SECONDS, HEAD_TOO_SLOW)

    def on_message_begin(self) -> None:
        """Begin to count a head."""
        super().on_message_begin()
        self._header_count = self._header_bytes = 0
        if self._timer is None:
            self._expect(HEAD_SECONDS, HEAD_TOO_SLOW)

    def on_url(self, url: bytes) -> None:
        """Take a part of the request line."""
        if len(self.url) + len(url) > URL_LIMIT:
            self._stop_parsing(URL_TOO_LONG)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer behind a body in chunks."""
        self._header_count += 1
        self._header_bytes += len(name) + len(value)
        if self._header_count > HEADER_COUNT_LIMIT or self._header_bytes > HEAD_LIMIT:
            self._stop_parsing(HEAD_TOO_LARGE)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hand the request on, and wait for its body."""
        self._fruitless = 0
        self._expect(BODY_SECONDS, BODY_TOO_SLOW)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._fruitless = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Expect nothing more of this request."""
        self._fruitless = 0
        self._expect_nothing()
        super().on_message_complete()

    @property
    def _idle(self) -> bool:
        return self.timeout_keep_alive_task is None and (
            self.cycle is None or self.cycle.response_complete
        )

    def _upgrade(self) -> None:
        self._expect_nothing()
        if self._should_upgrade():
            self._leave()  # the WebSocket's protocol counts it from here
            self.handle_websocket_upgrade()

    def _stop_parsing(self, refusal: Refusal) -> None:
        self._fault = refusal
        raise ValueError(refusal.error)

    def _expect(self, seconds: float, refusal: Refusal) -> None:
        self._expect_nothing()
        self._timer = self.loop.call_later(seconds, self._late, seconds, refusal)

    def _expect_nothing(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self, seconds: float, refusal: Refusal) -> None:
        if self.flow.read_paused:  # we are the slow ones
            self._expect(seconds, refusal)
        elif refusal is BODY_TOO_SLOW and self.cycle is not None and self.cycle.response_complete:
            self.transport.close()  # answered without the body
        else:
            self._refuse(refusal)

    def _refuse(self, refusal: Refusal) -> None:
        """Answer, tell the application that its caller is gone, and end soon."""
        if self._over or self.transport.is_closing():
            return
        self._over = True
        self._expect_nothing()
        _refused.labels(refusal.error).inc()
        cycle = self.cycle
        answering = cycle is not None and not cycle.response_complete
        if answering:
            cycle.disconnected = True
            cycle.message_event.set()
        if not answering or not cycle.response_started:
            self.transport.write(_answer(refusal))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.abort)

    def _leave(self) -> None:
        if self._counted:
            self._counted = False
            self._sockets.leave(_address(self.client))


class CountedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, whose sockets count with those of HTTP."""

    def __init__(self, *args: Any, sockets: OpenSockets, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sockets = sockets
        self.conn.reject = _rejected  # type: ignore[method-assign]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the socket; HTTP has let it in."""
        super().connection_made(transport)
        self._sockets.enter(_address(self.client))

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the socket."""
        self._sockets.leave(_address(self.client))
        super().connection_lost(exc)


def _address(client: tuple[str, int] | None) -> str:
    return client[0] if client else ""


def _rejected(status: StatusLike, text: str) -> Response:
    """Refuse what asks to become a WebSocket and is none, in the house form."""
    headers, body = _house_form(Refusal(int(status), MALFORMED.error, text.strip()))
    return Response(int(status), HTTPStatus(status).phrase, Headers(headers), body)


def _answer(refusal: Refusal) -> bytes:
    headers, body = _house_form(refusal)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return STATUS_LINE[HTTPStatus(refusal.status)] + lines.encode() + b"\r\n" + body


def _house_form(refusal: Refusal) -> tuple[list[tuple[str, str]], bytes]:
    request_id = secrets.token_hex(8)
    body = msgspec.json.encode(
        ErrorBody(refusal.error, refusal.detail, format_time(now_ms()), request_id)
    )
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
        ("X-Request-ID", request_id),
        *refusal.headers,
    ]
    return headers, body
