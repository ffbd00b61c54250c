"""Calls of Bybit's V5 REST through ccxt, which signs them and knows its hosts, the sandbox's too.

Reads may be asked for again by whoever wants; an order is sent at most once, and what came of it
is told without judging it.
"""

import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import msgspec
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from core.errors import ExchangeRefused, ExchangeUnavailable
from core.venues.names import BYBIT
from core.venues.refused_call import RefusedCall
from feeds.exchange_connection import open_exchange
from feeds.exchange_session import ExchangeSession

Result = TypeVar("Result")
# Codes of https://bybit-exchange.github.io/docs/v5/error: the key, or what it may do.
_KEY_CODES = frozenset({10_003, 10_004, 10_005, 10_007, 10_009, 10_010, 33_004})
_RATE_CODES = frozenset({10_006, 10_018, 10_429})
_BUSY_CODES = frozenset({10_000, 10_002, 10_016, 10_019})
_FORBIDDEN = frozenset({401, 403})
_WAIT_S = 5


class Reply(NamedTuple):
    """What was answered; status 0 means that no whole answer came.

    `sent` is False where it is certain that nothing of the request reached the other side.
    """

    status: int
    body: bytes = b""
    sent: bool = True


class Envelope(msgspec.Struct, rename="camel"):
    """What every answer has: 0 for a good one, or a code and why."""

    ret_code: int
    ret_msg: str = ""
    result: msgspec.Raw = msgspec.Raw(b"{}")


class BybitCalls:
    """Calls with one key, told as `KEY:SECRET`; not for use by several threads at once.

    `base_url` replaces the hosts that ccxt knows. Raises `ExchangeRefused` for a token of another
    form, or an address that is none.
    """

    def __init__(self, token: str, *, sandbox: bool, base_url: str | None, timeout_s: float):
        self._key, _, self._secret = token.partition(":")
        if not (self._key and self._secret and token.isascii() and token.isprintable()):
            raise ExchangeRefused("The token of bybit is its key and its secret: KEY:SECRET.")
        self._sandbox, self._base_url, self._timeout_s = sandbox, base_url, timeout_s
        self._session = _Session(2 * timeout_s)

    @cached_property
    def _exchange(self) -> Any:
        # ccxt takes long to import: not in the loop of whoever makes this, but with the first call.
        exchange = open_exchange(
            BYBIT,
            self._session,
            base_url=self._base_url,
            timeout_s=self._timeout_s,
            sleep_ms=0,
            rate_limit_ms=None if self._base_url is None else 0,
        )
        if self._sandbox and self._base_url is None:
            exchange.set_sandbox_mode(True)
        exchange.apiKey, exchange.secret = self._key, self._secret
        return exchange

    @property
    def clock_offset_ms(self) -> int:
        """The venue's clock less ours, as far as its last answer said."""
        return self._session.last.clock_offset_ms or 0

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(self, method: str, parameters: Mapping[str, str | int], kind: type[Result]) -> Result:
        """Return the result of a good answer; `method` is ccxt's name of the call.

        Raises `ExchangeUnavailable` when asking again may help, `RefusedCall` when not.
        """
        reply = self._call(method, parameters)
        said = read(reply.body, Envelope) if reply.status == 200 else None
        if said is not None and said.ret_code == 0:
            return read(bytes(said.result), kind)
        code = said.ret_code if said is not None else 0
        if code in _KEY_CODES or reply.status in _FORBIDDEN:
            raise RefusedCall(BYBIT, 401)
        if code in _RATE_CODES or reply.status == 429:
            raise ExchangeUnavailable("bybit limits the rate of requests.", retry_after=_WAIT_S)
        if said is not None and code not in _BUSY_CODES:
            raise RefusedCall(BYBIT, 404)
        raise ExchangeUnavailable(_why(reply, code))

    def post_once(
        self, method: str, parameters: Mapping[str, object], send_by: float | None
    ) -> Reply:
        """Send once, whatever becomes of it; not at all after `send_by` (monotonic)."""
        return self._call(method, parameters, send_by)

    def _call(
        self, method: str, parameters: Mapping[str, object], send_by: float | None = None
    ) -> Reply:
        call = getattr(self._exchange, method)
        self._session.begin(send_by)
        try:
            call(dict(parameters))
        except Exception as error:
            # ccxt raises for every code but 0; the answer itself is judged here.
            if isinstance(error, (TypeError, AttributeError, NameError)):
                raise
        return Reply(self._session.last.status, self._session.body, self._session.sent)


class _Session(ExchangeSession):
    """Keeps the last answer, and knows whether a request may have left."""

    def __init__(self, max_seconds: float) -> None:
        super().__init__(max_seconds)
        self.begin(None)

    def begin(self, send_by: float | None) -> None:
        """Forget the last call; the next one does not leave after `send_by` (monotonic)."""
        self._send_by = send_by
        self.sent, self.body = False, b""

    def request(self, *args: Any, **options: Any) -> requests.Response:
        """Send a request, once."""
        if self._send_by is not None:
            left = self._send_by - time.monotonic()
            if left <= 0:
                raise requests.ConnectTimeout("It is too late to send it.")
            options["timeout"] = (min(left, options["timeout"]), options["timeout"])
        try:
            response = super().request(*args, **options)
        except (requests.RequestException, OSError) as error:
            self.sent = not _is_before_sending(error)
            raise
        self.sent, self.body = True, response.content
        return response


def _is_before_sending(error: Exception) -> bool:
    """Say whether there never was a connection that a request could have gone through."""
    reason = error.args[0] if error.args else None
    unreached = isinstance(reason, MaxRetryError) and isinstance(reason.reason, NewConnectionError)
    return unreached or isinstance(error, (requests.ConnectTimeout, requests.exceptions.SSLError))


def read(body: bytes, kind: type[Result]) -> Result:
    """Return an answer of a kind; raises `ExchangeUnavailable` if it is none."""
    try:
        return msgspec.json.decode(body, type=kind, strict=False)
    except (msgspec.MsgspecError, RecursionError):
        raise unreadable() from None


def unreadable() -> ExchangeUnavailable:
    """Return the error of an answer that holds something else."""
    return ExchangeUnavailable("bybit gave an answer that cannot be read.")


def _why(reply: Reply, code: int) -> str:
    if code:
        return f"bybit answered with the code {code}."
    if reply.status:
        return f"bybit answered with status {reply.status}."
    if reply.sent:
        return "bybit gave no whole answer in time."
    return "The connection to bybit failed."
