"""Faults of single calls, told beforehand or by a header of the call itself.

A fault is a word, `-after` behind it where a trade is carried out before it strikes:
`lost`, `lost-after` (the crucial one), `slow`, `late`, `504`, `504-after`, `429`, any
status; `code:128`, `code:-11-after`, any code of a trade; `not-connected`,
`not-synchronized`, `synchronizing`; `partial`; `client-id-truncated`,
`client-id-changed`, `comment-overwritten`; `big`, `nan`, `html`, `redirect`.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec
from aiohttp import web

HEADER = "simulate-fault"
# Where a redirect leads: no host of ours, so that a token sent there would be lost.
ELSEWHERE = "http://127.0.0.1:9/elsewhere"
_BIG = 2 * 2**20
# Returns status, body and headers of a fault that the venue answers with an error.
Words = Callable[[str], tuple[int, object, Mapping[str, str]]]


class Fault(NamedTuple):
    """One fault: what it is, and whether a trade is carried out before it strikes."""

    name: str = ""
    after: bool = False
    seconds: float = 0.0

    @property
    def code(self) -> int | None:
        """Return the code that a trade is answered with, if that is the fault."""
        return int(self.name.removeprefix("code:")) if self.name.startswith("code:") else None


class ScriptedFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the script says: which calls (`trade`, `positions`, ...) fail how, and how often."""

    on: str
    fault: str
    times: int = 1
    seconds: float = 0.0


class FaultScript:
    """Faults that wait for their call, in the order in which they were told."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Fault]] = {}

    def add(self, told: ScriptedFault) -> None:
        """Let the next calls of a kind fail."""
        fault = read_fault(told.fault, told.seconds)
        self._waiting.setdefault(told.on, deque()).extend([fault] * told.times)

    def next(self, call: str, request: web.Request) -> Fault:
        """Return how a call fails: as its header says, or as was told beforehand."""
        if HEADER in request.headers:
            return read_fault(request.headers[HEADER])
        waiting = self._waiting.get(call)
        return waiting.popleft() if waiting else Fault()

    def clear(self) -> None:
        """Forget what has not happened."""
        self._waiting.clear()


def read_fault(text: str, seconds: float = 0.0) -> Fault:
    """Return the fault that a word means."""
    return Fault(text.removesuffix("-after"), text.endswith("-after"), seconds)


async def answer_with(
    fault: Fault, request: web.Request, answer: Callable[[], object], words: Words
) -> web.StreamResponse:
    """Return what a call is answered under a fault that concerns the wire only."""
    if fault.name == "slow":
        body = answer()
        await asyncio.sleep(fault.seconds)
        return json_answer(body)
    if fault.name == "late":
        await asyncio.sleep(fault.seconds)
    if not fault.name or fault.name == "late":
        return json_answer(answer())
    body = answer() if fault.after else None
    return _garbled(fault.name, request, body, words)


def _garbled(name: str, request: web.Request, body: object, words: Words) -> web.StreamResponse:
    if name == "lost":
        if request.transport:
            request.transport.abort()
        raise asyncio.CancelledError
    if name == "html":
        return web.Response(text="<html>Bad gateway</html>", content_type="text/html")
    if name == "redirect":
        return web.Response(status=307, headers={"Location": ELSEWHERE})
    if name == "nan":
        return web.Response(
            body=b'{"numericCode": NaN, "bid": NaN, "balance": NaN}',
            content_type="application/json",
        )
    if name == "big":
        padded = b" " * _BIG + msgspec.json.encode(body)
        return web.Response(body=padded, content_type="application/json")
    status, said, headers = words(name)
    return json_answer(said, status, headers)


def json_answer(
    body: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return a JSON answer."""
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        headers=headers,
        content_type="application/json",
    )
