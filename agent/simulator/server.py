"""Both protocols on one address; the name of the model says what is behind it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import msgspec
from aiohttp import web

from agent.simulator import broken, malicious
from agent.simulator.behaviour import BEHAVIOURS
from agent.simulator.pieces import Bytes, Call, Cut, End, Heard, Piece, Text, Thought, Wait

# The files that name behaviours besides the good ones.
SCRIPTS = (broken, malicious)
# What the server of a model answers 400 to, as OpenAI's does for models that reason.
REFUSED = {"picky": ("max_tokens", "temperature")}
Encode = Callable[[Piece, int], bytes]


class ModelSimulator:
    """Notes what it was asked, and sends what the model of that name does.

    `/faults/{status}/...` answers every call with a status; 302 leads to `elsewhere`.
    """

    def __init__(self, elsewhere: str = "http://127.0.0.1:9/") -> None:
        self.heard: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._elsewhere = elsewhere

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(client_max_size=2**24)
        app.add_routes(
            [
                web.post("/api/chat", self._ollama),
                web.post("/v1/chat/completions", self._openai),
                web.get("/api/ps", self._loaded),
                web.get("/v1/models", self._models),
                web.post("/faults/{status}/{rest:.*}", self._fault),
            ]
        )
        return app

    async def _ollama(self, request: web.Request) -> web.StreamResponse:
        return await self._send(request, "application/x-ndjson", _as_ollama)

    async def _openai(self, request: web.Request) -> web.StreamResponse:
        return await self._send(request, "text/event-stream", _as_openai)

    async def _loaded(self, request: web.Request) -> web.Response:
        return web.json_response({"models": [{"name": "good", "size_vram": 5_000_000_000}]})

    async def _models(self, request: web.Request) -> web.Response:
        listed = [{"id": name, "object": "model"} for name in sorted(BEHAVIOURS)]
        return web.json_response({"object": "list", "data": listed})

    async def _fault(self, request: web.Request) -> web.Response:
        await request.read()
        status = int(request.match_info["status"])
        return web.Response(status=status, headers={"Location": self._elsewhere}, text="no")

    async def _send(self, request: web.Request, kind: str, encode: Encode) -> web.StreamResponse:
        asked = msgspec.json.decode(await request.read())
        self.heard.append(asked)
        self.keys.append(request.headers.get("Authorization", ""))
        behave = BEHAVIOURS.get(asked["model"])
        if behave is None:
            return web.json_response({"error": "model not found"}, status=404)
        for name in REFUSED.get(asked["model"], ()):
            if name in asked:
                told = {"message": f"Unsupported parameter: '{name}'.", "param": name}
                return web.json_response({"error": told}, status=400)
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        try:
            async for part in _encoded(behave(_heard(asked)), encode):
                await response.write(part)
        except _CutHere:
            if request.transport is not None:
                request.transport.abort()
        except ConnectionError:
            pass
        return response


class _CutHere(Exception):
    """The connection is to end at once."""


async def _encoded(pieces: Iterator[Piece], encode: Encode) -> AsyncIterator[bytes]:
    calls = 0
    for piece in pieces:
        match piece:
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case Cut():
                raise _CutHere
            case Bytes(content):
                yield content
            case _:
                yield encode(piece, calls)
                calls += isinstance(piece, Call)


def _as_ollama(piece: Piece, place: int) -> bytes:
    message: dict[str, Any] = {"role": "assistant", "content": ""}
    match piece:
        case Text(text):
            message["content"] = text
        case Thought(text):
            message["thinking"] = text
        case Call(name, arguments):
            message["tool_calls"] = [{"function": {"name": name, "arguments": arguments}}]
    told = {"model": "scripted", "message": message, "done": isinstance(piece, End)}
    return msgspec.json.encode(told) + b"\n"


def _as_openai(piece: Piece, place: int) -> bytes:
    delta: dict[str, Any] = {}
    match piece:
        case Text(text):
            delta["content"] = text
        case Thought(text):
            delta["reasoning_content"] = text
        case Call(name, arguments):
            whole = isinstance(arguments, str)
            told = arguments if whole else msgspec.json.encode(arguments).decode()
            function = {"name": name, "arguments": told}
            delta["tool_calls"] = [{"index": place, "id": f"c{place}", "function": function}]
    reason = "stop" if isinstance(piece, End) else None
    event = {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
    end = b"data: [DONE]\n\n" if reason else b""
    return b"data: " + msgspec.json.encode(event) + b"\n\n" + end


def _heard(asked: dict[str, Any]) -> Heard:
    """Return what a model was told, of either protocol."""
    messages = asked["messages"]
    results = [msgspec.json.decode(each["content"]) for each in messages if each["role"] == "tool"]
    users = [each["content"] for each in messages if each["role"] == "user"]
    return Heard(
        question=next((text for text in reversed(users) if "cannot be used" not in text), ""),
        rules=messages[0]["content"],
        results={one["id"]: one["result"] for one in results if "error" not in one["result"]},
        asked=sum(each["role"] == "assistant" and "tool_calls" in each for each in messages),
        tools=[each["function"]["name"] for each in asked.get("tools", [])],
    )
