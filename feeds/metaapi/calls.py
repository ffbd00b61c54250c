"""Calls of MetaApi's REST: bounded in bytes and seconds, to the hosts that were set only.

Reads may be asked for again by whoever wants; a trade is sent at most once, and what came
of it is told without judging it.
"""

import asyncio
import math
import re
import ssl
import time
from datetime import datetime
from functools import cache
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import msgspec

from core.errors import ExchangeRefused, ExchangeUnavailable
from core.venues.refused_call import RefusedCall
from feeds.answer_headers import MAX_RETRY_AFTER_S, clock_offset, retry_after

MOST_BYTES = 2**20
# What an account's record may call its region: it becomes a part of a host's name.
_REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,31}\Z")
_HEADER = re.compile(r"[\x21-\x7e]{1,4096}\Z")


class MetaApiAddresses(NamedTuple):
    """Where MetaApi's services are; `{region}` in them is the account's."""

    client: str
    provisioning: str


class Reply(NamedTuple):
    """What was answered; status 0 means that no whole answer came.

    `sent` is False where it is certain that nothing of the request reached the other side.
    """

    status: int
    body: bytes = b""
    sent: bool = True
    retry_after: int | None = None


class MetaApiCalls:
    """Calls with one token; not for use by several threads at once, nor within a running loop.

    Raises `ExchangeRefused` for an address that is none or a token that no header can hold.
    """

    def __init__(self, addresses: MetaApiAddresses, token: str, timeout_s: float) -> None:
        for url in addresses:
            _check_address(url)
        if not _HEADER.match(token):
            raise ExchangeRefused("The token of metaapi must be of printable characters.")
        self._addresses = addresses
        self._timeout_s = timeout_s
        # A loop of its own, because only there a deadline ends whatever is going on.
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(
            headers={"auth-token": token, "Accept": "application/json"},
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            verify=_trusted(),
        )
        self._not_before = 0.0
        self.clock_offset_ms = 0

    def close(self) -> None:
        """Close the connections."""
        self._runner.run(self._client.aclose())
        self._runner.close()

    def provisioning(self, path: str) -> bytes:
        """Return a good answer of the service that knows accounts; raises as `get` does."""
        return self._good(self._call("GET", self._addresses.provisioning + path))

    def get(self, region: str, path: str) -> bytes:
        """Return the body of a good answer.

        Raises `ExchangeUnavailable` when asking again may help, `RefusedCall` when not.
        """
        return self._good(self._call("GET", self._client_url(region) + path))

    def post_once(
        self, region: str, path: str, body: object, send_by: float | None = None
    ) -> Reply:
        """Send a body once, whatever becomes of it; not at all after `send_by` (monotonic)."""
        url = self._client_url(region) + path
        return self._call("POST", url, msgspec.json.encode(body), send_by)

    def _client_url(self, region: str) -> str:
        return self._addresses.client.replace("{region}", checked_region(region))

    def _call(
        self, method: str, url: str, body: bytes | None = None, send_by: float | None = None
    ) -> Reply:
        wait = self._not_before - time.monotonic()
        if wait > 0:
            return Reply(429, sent=False, retry_after=math.ceil(wait))
        reply = self._runner.run(self._exchange(method, url, body, send_by))
        if reply.retry_after:
            self._not_before = time.monotonic() + reply.retry_after
        return reply

    async def _exchange(
        self, method: str, url: str, body: bytes | None, send_by: float | None
    ) -> Reply:
        sent = False

        async def note(event: str, _info: object) -> None:
            nonlocal sent
            if event.endswith(".send_request_headers.started"):
                if send_by is not None and time.monotonic() > send_by:
                    raise httpx.PoolTimeout("It is too late to send it.")
                sent = True

        begun = time.time()
        headers = {"Content-Type": "application/json"} if body is not None else {}
        asked = self._client.build_request(method, url, content=body, headers=headers)
        asked.extensions["trace"] = note
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._client.send(asked, stream=True)
                try:
                    whole = await _read(response)
                finally:
                    await response.aclose()
        except (httpx.HTTPError, httpx.StreamError, TimeoutError, OSError):
            return Reply(0, sent=sent)
        if whole is None:
            return Reply(0)
        offset = clock_offset(response.headers.get("Date"), (begun + time.time()) / 2)
        self.clock_offset_ms = offset or 0
        retry = _retry_after(response, whole) if response.status_code == 429 else None
        return Reply(response.status_code, whole, retry_after=retry)

    def _good(self, reply: Reply) -> bytes:
        if reply.status == 200:
            return reply.body
        if reply.status == 429:
            detail = "metaapi limits the rate of requests."
            raise ExchangeUnavailable(detail, retry_after=reply.retry_after)
        if 400 <= reply.status < 500:
            raise RefusedCall("metaapi", reply.status)
        if reply.status:
            raise ExchangeUnavailable(f"metaapi answered with status {reply.status}.")
        raise ExchangeUnavailable(
            "metaapi gave no whole answer in time."
            if reply.sent
            else "The connection to metaapi failed."
        )


@cache
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def checked_region(region: str) -> str:
    """Return a region if it can be one: whatever else it were would name another host."""
    if not _REGION.match(region):
        raise ExchangeUnavailable("metaapi names a region of the account that cannot be one.")
    return region


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.username is not None:
        raise ExchangeRefused("The address set for metaapi is not an http or https one.")


async def _read(response: httpx.Response) -> bytes | None:
    """Return the whole body; None if it is too large."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


class _Metadata(msgspec.Struct, frozen=True):
    recommendedRetryTime: str = ""  # noqa: N815 - their name


class _Error(msgspec.Struct):
    metadata: _Metadata = _Metadata()


def _retry_after(response: httpx.Response, body: bytes) -> int:
    """Return for how many seconds the other side wants no calls, by header or body."""
    told = retry_after(response.headers.get("Retry-After"))
    if told is not None:
        return told
    try:
        text = msgspec.json.decode(body, type=_Error).metadata.recommendedRetryTime
        moment = datetime.fromisoformat(text)
    except (msgspec.MsgspecError, ValueError):
        return 1
    left = math.ceil(moment.timestamp() - time.time())
    return min(max(1, left), MAX_RETRY_AFTER_S)
