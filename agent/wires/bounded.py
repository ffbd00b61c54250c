"""Calls of a model server: to its address only, bounded in bytes, lines and seconds."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from agent.wires.model_server import AnswerTooLarge, ModelAway, ParameterRefused
from core.errors import InvalidRequest

MOST_BYTES, MOST_LINE, MOST_LINES = 2**20, 2**16, 20_000
_STATUS_SECONDS = 2.0
# Those of our requests that some models do not take.
_PARAMETERS = ("max_tokens", "temperature")


class BoundedCalls:
    """Calls of one server; follows no redirect, and knows no proxy of the environment.

    `key` goes to that server only. Raises `InvalidRequest` for an address that is none.
    """

    def __init__(self, url: str, key: str, seconds: float) -> None:
        self._url = checked_address(url)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(seconds, connect=min(seconds, 5.0)),
            follow_redirects=False,
            trust_env=False,
            verify=_trusted(),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def lines(self, path: str, body: dict[str, Any]) -> AsyncGenerator[bytes, None]:
        """Tell the lines of an answer that comes bit by bit, without their ends and empty ones.

        Raises `ModelAway` where it does not come whole, `ParameterRefused` where the server says
        so, `AnswerTooLarge` past any bound.
        """
        try:
            async with self._client.stream("POST", self._url + path, json=body) as response:
                if response.status_code != 200:
                    raise await _refusal(response)
                async with aclosing(_lines(response)) as lines:
                    async for line in lines:
                        yield line
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise ModelAway(type(error).__name__) from None

    async def get(self, path: str) -> bytes | None:
        """Return a small answer; None if there is none within two seconds, whatever the reason."""
        try:
            async with self._client.stream(
                "GET", self._url + path, timeout=_STATUS_SECONDS
            ) as response:
                if response.status_code != 200:
                    return None
                return b"\n".join([line async for line in _lines(response)])
        except (httpx.HTTPError, httpx.StreamError, OSError, AnswerTooLarge):
            return None


async def _refusal(response: httpx.Response) -> ModelAway:
    """Return what a status other than 200 says; of its text, only the name of a parameter."""
    away = ModelAway(f"status {response.status_code}")
    if response.status_code != 400:
        return away
    told = b"".join([line async for line in _lines(response)])
    try:
        parameter = msgspec.json.decode(told, type=_Refused).error.param
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return away
    return ParameterRefused(parameter) if parameter in _PARAMETERS else away


class _RefusedParameter(msgspec.Struct):
    param: str | None = None


class _Refused(msgspec.Struct):
    error: _RefusedParameter


async def _lines(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    size = count = 0
    rest = bytearray()
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        rest += chunk
        *whole, last = bytes(rest).split(b"\n")
        rest = bytearray(last)
        count += len(whole)
        if size > MOST_BYTES or count > MOST_LINES or len(rest) > MOST_LINE:
            raise AnswerTooLarge
        for line in whole:
            if stripped := line.strip():
                yield stripped
    if stripped := bytes(rest).strip():
        yield stripped


def decoded(line: bytes) -> dict[str, Any]:
    """Return an object of JSON; raises `ModelAway` for anything else."""
    try:
        found = msgspec.json.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ModelAway("what was sent is no JSON object")
    return found


def checked_address(url: str) -> str:
    """Return an address of a server without a slash at its end; raises `InvalidRequest`."""
    parts = urlsplit(url)
    odd = parts.username is not None or parts.query or parts.fragment
    if parts.scheme not in ("http", "https") or not parts.hostname or odd:
        raise InvalidRequest(
            "LLM_URL must be like http://127.0.0.1:11434, without a user, a query or a fragment."
        )
    return url.rstrip("/")


@cache
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
