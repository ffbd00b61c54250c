"""WebRequest as a terminal sends it, byte by byte, and its ways to fail.

A connection a request, `\r\n` between headers, four seconds of patience, and a zero byte
at the end of a body whose author did not cut what `StringToCharArray` leaves. The answer
is a status of HTTP, or -1 with an error of MQL5, or a number that nobody documents.
"""

import random
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from http.client import HTTPException, HTTPResponse
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

TIMEOUT_S = 4.0
BUILD = 4_153
AGENTS = {
    "mt5": f"MetaTrader 5 Terminal/5.{BUILD} (Windows NT 10.0.19045; x64)",
    "mt4": "MetaTrader 4 Terminal/4.1420 (Windows NT 10.0.19045; x64)",
}
# Errors of MQL5: not in the list of addresses, no such address, no connection, no answer in
# time, anything else. A connection that breaks has a status that is not documented.
NOT_ALLOWED, INVALID_ADDRESS, CONNECT_FAILED, TIMED_OUT, REQUEST_FAILED = (
    4014,
    5200,
    5201,
    5202,
    5203,
)
BROKEN = 1001
FAILED = -1
NUL = b"\0"


class Answer(msgspec.Struct, frozen=True):
    """What WebRequest gives back: `status` is -1 or 1001 where no answer came, `error` says why."""

    status: int
    body: bytes = b""
    headers: str = ""
    error: int = 0

    @property
    def came(self) -> bool:
        """Say whether a server answered."""
        return 100 <= self.status < 600

    def problem(self, what: str) -> str:
        """Return in a line what went wrong, empty if nothing did."""
        if self.came and self.status < 400:
            return ""
        if not self.came:
            return f"{what}: no answer (WebRequest {self.status}, error {self.error})"
        return f"{what}: {self.status} {self.body[:300].decode(errors='replace')}"

    def header(self, name: str) -> str:
        """Return the value of a header, empty where there is none."""
        for line in self.headers.split("\r\n"):
            key, _, value = line.partition(":")
            if key.strip().lower() == name.lower():
                return value.strip()
        return ""


class Caller(Protocol):
    """WebRequest, or what fails on purpose in its place."""

    def __call__(self, method: str, path: str, headers: str = "", body: bytes = b"") -> Answer:
        """Send a request; never raises."""
        ...


class WebRequest:
    """Sends requests to one address as a terminal does."""

    def __init__(
        self, base_url: str, *, program: str = "mt5", allowed: Sequence[str] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:  # fmt: skip
        """Take the address; `allowed` is the terminal's list of them, by default it is in there."""
        self._url = urlsplit(base_url)
        self._agent = AGENTS[program]
        self._allowed = [base_url] if allowed is None else list(allowed)
        self._timeout_s = timeout_s

    def __call__(self, method: str, path: str, headers: str = "", body: bytes = b"") -> Answer:
        """Send a request with such header lines (`Name: value\r\n`); never raises."""
        if not any(self._url.geturl().startswith(each.rstrip("/")) for each in self._allowed):
            return Answer(FAILED, error=NOT_ALLOWED)
        if self._url.scheme not in ("http", "https") or not self._url.hostname:
            return Answer(FAILED, error=INVALID_ADDRESS)
        until = time.monotonic() + self._timeout_s
        try:
            connection = self._connect()
        except socket.gaierror:
            return Answer(FAILED, error=INVALID_ADDRESS)
        except OSError:
            return Answer(FAILED, error=CONNECT_FAILED)
        with connection:
            return _exchange(connection, self.written(method, path, headers, body), until)

    def written(self, method: str, path: str, headers: str, body: bytes) -> bytes:
        """Return the bytes of a request."""
        lines = [
            f"{method} {self._url.path.rstrip('/')}{path} HTTP/1.1",
            f"Host: {self._url.netloc}",
            f"User-Agent: {self._agent}",
            "Accept: */*",
            *filter(None, headers.split("\r\n")),
            *([f"Content-Length: {len(body)}"] if body or method == "POST" else []),
            "Connection: close",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + body

    def _connect(self) -> socket.socket:
        host, secure = self._url.hostname or "", self._url.scheme == "https"
        port = self._url.port or (443 if secure else 80)
        plain = socket.create_connection((host, port), self._timeout_s)
        if not secure:
            return plain
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _exchange(connection: socket.socket, request: bytes, until: float) -> Answer:
    try:
        connection.settimeout(max(until - time.monotonic(), 0.01))
        connection.sendall(request)
        response = HTTPResponse(connection)
        response.begin()
        body = response.read()
    except TimeoutError:
        return Answer(FAILED, error=TIMED_OUT)
    except (OSError, HTTPException):
        return Answer(BROKEN, error=REQUEST_FAILED)
    lines = "".join(f"{name}: {value}\r\n" for name, value in response.getheaders())
    return Answer(response.status, body, lines)


class Unreliable:
    """WebRequest over a bad line: answers are lost, and requests are late or come twice.

    A request is sent whose answer never arrives, so that the caller sends it again; or it
    is held back while the caller is told that it failed, and sent after a later one. Both
    happen to requests of `methods` only, drawn by `seed`.
    """

    def __init__(
        self, caller: Caller, *, seed: int = 0, lost: float = 0.0, late: float = 0.0,
        methods: Sequence[str] = ("POST",),
    ) -> None:  # fmt: skip
        self._caller = caller
        self._drawn = random.Random(seed)  # noqa: S311 - no secret
        self._lost, self._late = lost, late
        self._methods = methods
        self._held: list[Callable[[], Answer]] = []

    def __call__(self, method: str, path: str, headers: str = "", body: bytes = b"") -> Answer:
        """Send a request, or hold it back; never raises."""
        if method not in self._methods:
            return self._caller(method, path, headers, body)
        if self._drawn.random() < self._late:
            self._held.append(lambda: self._caller(method, path, headers, body))
            return Answer(FAILED, error=TIMED_OUT)
        answer = self._caller(method, path, headers, body)
        self.send_held()
        if self._drawn.random() < self._lost:
            return Answer(FAILED, error=TIMED_OUT)
        return answer

    def send_held(self) -> None:
        """Send what was held back, the newest first."""
        held, self._held = self._held, []
        for send in reversed(held):
            send()
