"""HTTP for exchange calls: TLS verified, answers capped and checked to be JSON, facts noted."""

import time
from typing import Any, NamedTuple

import msgspec
import requests

from feeds.answer_headers import clock_offset, retry_after

MAX_ANSWER_BYTES = 32 * 2**20  # Binance's exchangeInfo, the largest known, is about 10 MB
_CHUNK = 2**16


class Answer(NamedTuple):
    """What the last answer said beside its body; status 0 means that none came."""

    status: int = 0
    retry_after: int | None = None
    clock_offset_ms: int | None = None


class ExchangeSession(requests.Session):
    """A session that bounds what it reads, in bytes and in seconds, and follows no redirect.

    `last` holds the facts of the last answer. The clock offset is the
    exchange's clock less ours, from the `Date` header, good to about half a
    second because that header counts whole seconds.
    """

    def __init__(self, max_seconds: float) -> None:
        super().__init__()
        self.trust_env = False
        self.max_seconds = max_seconds
        self.last = Answer()

    def request(self, *args: Any, **options: Any) -> requests.Response:
        """Send a request; raises `requests.ConnectionError` when the answer is none to go by.

        That is one beyond its caps, a redirect, or a good status without JSON,
        which ccxt would take for an answer without candles.
        """
        self.last = Answer()
        asked = time.time()
        deadline = time.monotonic() + self.max_seconds
        options |= {"stream": True, "allow_redirects": False}
        response = super().request(*args, **options)
        response._content = self._read(response, deadline)
        self.last = Answer(
            response.status_code,
            retry_after(response.headers.get("Retry-After")),
            clock_offset(response.headers.get("Date"), (asked + time.time()) / 2),
        )
        if response.status_code < 400 and not _is_answer(response.status_code, response.content):
            raise requests.ConnectionError("neither JSON nor an error")
        return response

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        body = bytearray()
        # read1 returns what has come: a server that drips bytes cannot outwit the deadline.
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
                response.close()
                raise requests.ConnectionError("answer too large or too slow")
        return bytes(body)


def _is_answer(status: int, body: bytes) -> bool:
    if status >= 300 or body.lstrip()[:1] not in (b"[", b"{"):
        return False
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
