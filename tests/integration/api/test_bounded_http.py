"""What a stranger sends before any key: bounded, and refused in the house form."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import uvicorn

from api import bounded_http
from api.bounded_http import BoundedHttp, CountedWebSocket
from api.open_sockets import OpenSockets
from core.process.shared_counts import SharedCounts

SOCKETS = 5


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """Read the whole body and answer with its length; take any socket."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    size, more = 0, scope["path"] != "/early"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    text = str(size).encode()
    headers = [(b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Port of a server of our protocols, whose patience is short."""
    monkeypatch.setattr(bounded_http, "HEAD_SECONDS", 0.6)
    monkeypatch.setattr(bounded_http, "BODY_SECONDS", 0.6)
    sockets = OpenSockets(SOCKETS, 100, SharedCounts())
    config = uvicorn.Config(
        answer,
        http=partial(BoundedHttp, sockets=sockets),  # type: ignore[arg-type]
        ws=partial(CountedWebSocket, sockets=sockets),  # type: ignore[arg-type]
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        serving = asyncio.create_task(server.serve([listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


async def exchange(port: int, *parts: bytes) -> tuple[int, dict[str, Any]]:
    """Send what is given, and return status and body of the one answer that ends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        raw = await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()
    head, _, body = raw.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize(
    ("sent", "status", "error"),
    [
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 101 + b"\r\n", 431, "too_large"),
        (b"GET / HTTP/1.1\r\nx: " + b"a" * 40_000 + b"\r\n\r\n", 431, "too_large"),
        (b"GET / HTTP/1.1\r\nx: " + b"a" * 3_000_000, 431, "too_large"),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n\r\n", 414, "too_large"),
        (b"GET / HTTP/9.7 what\r\n\r\n", 400, "malformed_request"),
        (b"\r\n" * 40_000, 431, "too_large"),
        (
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx: "
            + b"b" * 200_000,
            431,
            "too_large",
        ),
    ],
    ids=["count", "bytes", "endless", "address", "nonsense", "blank lines", "trailers"],
)
async def test_a_head_beyond_its_limits_is_refused_in_the_house_form(
    port: int, sent: bytes, status: int, error: str
) -> None:
    found, body = await exchange(port, sent)
    assert (found, body["error"]) == (status, error)
    assert body.keys() == {"error", "detail", "timestamp", "request_id"}


async def test_a_head_at_its_limits_is_served(port: int) -> None:
    head = b"GET / HTTP/1.1\r\nConnection: close\r\n" + b"a: b\r\n" * 99 + b"\r\n"
    assert await exchange(port, head) == (200, 0)
    long = b"GET /" + b"a" * 8_189 + b" HTTP/1.1\r\nConnection: close\r\n\r\n"
    assert await exchange(port, long) == (200, 0)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HT",
        b"\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc",
    ],
    ids=["nothing", "half a head", "a blank line", "half a body"],
)
async def test_who_does_not_send_in_time_is_ended(port: int, sent: bytes) -> None:
    status, body = await exchange(port, sent)
    assert (status, body["error"]) == (408, "too_slow")


async def test_an_answer_before_its_body_is_the_only_one(port: int) -> None:
    sent = b"POST /early HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"
    assert await exchange(port, sent) == (200, 0)


async def test_trickling_a_head_buys_no_time(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nx: ")
    ended = asyncio.create_task(reader.read())
    clock = asyncio.get_running_loop().time
    began = clock()
    while not ended.done() and clock() < began + 20:
        writer.write(b"a")
        await asyncio.sleep(0.1)
    assert b"408" in await ended
    writer.close()


async def test_an_address_holds_no_more_sockets_than_it_may(port: int) -> None:
    request = b"GET / HTTP/1.1\r\n\r\n"
    held = []
    for _ in range(SOCKETS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        assert (await reader.readline()).split()[1] == b"200"
        held.append(writer)

    status, body = await exchange(port)
    assert (status, body["error"]) == (429, "too_many_requests")

    for writer in held:
        writer.close()
    await asyncio.sleep(0.2)
    closing = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
    assert await exchange(port, closing) == (200, 0)


async def test_a_websocket_counts_as_the_socket_that_it_is(port: int) -> None:
    from websockets.asyncio.client import connect

    for _ in range(2 * SOCKETS):  # and gives its place back
        async with connect(f"ws://127.0.0.1:{port}/"):
            pass
    held = [await connect(f"ws://127.0.0.1:{port}/") for _ in range(SOCKETS)]
    status, _ = await exchange(port)
    assert status == 429
    for opened in held:
        await opened.close()
