"""HTTP with patience: keys, typed errors, bounded retries, Server-Sent Events."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import httpx
import msgspec

from client.errors import AnswerError, ServerAway, Unauthorized, answer_error, retry_after_s

RETRIED = frozenset({429, 503})
LONGEST_PAUSE_S = 60  # a server that wants a longer pause gets the caller to decide
# The server drops idle connections after a few seconds; we must drop them first,
# or a POST is sent into a closing one and nobody knows whether it arrived.
KEEP_IDLE_S = 2.0
# The server writes a comment line into an idle event stream more often than this.
EVENT_PATIENCE_S = 30.0

Params = Mapping[str, str | int | float | None]


class Transport:
    """Sends requests to one Tickcast.

    429 and 503 say that nothing was enqueued (or that a forecast failed for now),
    so any request that gets one is sent again, up to `attempts` times in all,
    after the pause that `Retry-After` asks for.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        *,
        timeout_s: float = 90.0,
        attempts: int = 4,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._attempts = attempts
        self._sleep = sleep
        self._has_key = bool(api_key)
        headers = {"X-API-Key": api_key} if api_key else {}
        self._http = httpx.Client(
            base_url=self.base_url,
            headers={"User-Agent": "tickcast-client"} | headers,
            timeout=httpx.Timeout(timeout_s, connect=5.0),
            limits=httpx.Limits(keepalive_expiry=KEEP_IDLE_S),
            # A proxy of the environment is for the outside, never for this machine.
            trust_env=not is_loopback(httpx.URL(base_url).host),
        )

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        allowed: Collection[int] = (),
    ) -> httpx.Response:
        """Return the answer to one request; parameters that are None are left out.

        Raises the `AnswerError` of its status unless that is below 400 or in
        `allowed`, and `ServerAway` when no answer comes.
        """
        body = content if json is None else msgspec.json.encode(json)
        kind = {"Content-Type": "application/json"} if json is not None else {}
        request = self._http.build_request(
            method,
            path,
            params={name: value for name, value in (params or {}).items() if value is not None},
            content=body,
            headers=kind | dict(headers or {}),
        )
        response = self._send_patiently(request, allowed)
        if response.status_code >= 400 and response.status_code not in allowed:
            raise self._error(response)
        return response

    def _error(self, response: httpx.Response) -> AnswerError:
        error = answer_error(response)
        if isinstance(error, Unauthorized) and not self._has_key:
            error.detail += " No key was found to send: set TICKCAST_API_KEY."
        return error

    def _send_patiently(self, request: httpx.Request, allowed: Collection[int]) -> httpx.Response:
        for attempt in range(1, self._attempts + 1):
            with self._mapped():
                response = self._http.send(request)
            pause = _pause_s(response, attempt)
            refused = response.status_code in RETRIED and response.status_code not in allowed
            if not refused or attempt == self._attempts or pause > LONGEST_PAUSE_S:
                break
            self._sleep(pause)
        return response

    def events(self, path: str, patience_s: float = EVENT_PATIENCE_S) -> Iterator[bytes]:
        """Yield the data of each Server-Sent Event until the server ends the stream.

        Raises `AnswerError` if it cannot be opened, `ServerAway` when it breaks or
        stays silent for `patience_s` seconds.
        """
        headers = {"Accept": "text/event-stream"}
        with (
            self._mapped(),
            self._http.stream("GET", path, headers=headers, timeout=patience_s) as response,
        ):
            if response.status_code >= 400:
                response.read()
                raise self._error(response)
            yield from _event_data(response.iter_lines())

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except httpx.ConnectError:
            raise ServerAway(
                f"No Tickcast answers at {self.base_url}. Start one with `make run`, "
                "or set TICKCAST_URL to where it is."
            ) from None
        except httpx.TimeoutException:
            raise ServerAway(f"Tickcast at {self.base_url} did not answer in time.") from None
        except httpx.HTTPError as error:
            raise ServerAway(
                f"The connection to Tickcast at {self.base_url} broke ({type(error).__name__})."
            ) from None


def _pause_s(response: httpx.Response, attempt: int) -> float:
    asked = retry_after_s(response)
    return 0.5 * 2.0 ** (attempt - 1) if asked is None else asked


def _event_data(lines: Iterator[str]) -> Iterator[bytes]:
    """Yield the joined `data:` lines of each event; comments and other fields are skipped."""
    data: list[str] = []
    for line in lines:
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            yield "\n".join(data).encode()
            data = []


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine's own."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
