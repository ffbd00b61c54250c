"""What one WebSocket may send and hold in memory, with the settings that the api runs with."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from api.bounded_http import BoundedHttp, CountedWebSocket
from api.gunicorn_worker import Worker
from api.open_sockets import OpenSockets
from core.process.shared_counts import SharedCounts

LIMIT = 65_536
SOCKETS, FLOOD = 20, 16 << 20


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """Tell the length of each frame; a socket of `/deaf` is never read."""
    await receive()
    await send({"type": "websocket.accept"})
    if scope["path"] == "/deaf":
        await asyncio.sleep(3_600)
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": str(len(message["text"]))})


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """Address of a server of our protocols and our worker's limits."""
    sockets = OpenSockets(100, 100, SharedCounts())
    config = uvicorn.Config(
        answer,
        http=partial(BoundedHttp, sockets=sockets),  # type: ignore[arg-type]
        ws=partial(CountedWebSocket, sockets=sockets),  # type: ignore[arg-type]
        lifespan="off",
        log_config=None,
        **{**Worker.CONFIG_KWARGS, "loop": "asyncio", "timeout_graceful_shutdown": 1},
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        serving = asyncio.create_task(server.serve([listener]))
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving


async def test_a_frame_is_taken_up_to_its_limit_and_ends_the_socket_one_byte_beyond(
    address: str,
) -> None:
    async with connect(address) as ws:
        await ws.send("a" * LIMIT)
        assert await ws.recv() == str(LIMIT)
        await ws.send("a" * (LIMIT + 1))
        with pytest.raises(ConnectionClosedError):
            await ws.recv()


async def test_a_message_in_parts_is_no_longer_than_one_in_one(address: str) -> None:
    async with connect(address) as ws:
        await ws.send("a" * 30_000 for _ in range(2))
        assert await ws.recv() == "60000"
        await ws.send("a" * 40_000 for _ in range(2))
        with pytest.raises(ConnectionClosedError):
            await ws.recv()


async def test_no_frame_is_compressed_though_it_is_offered(address: str) -> None:
    async with connect(address, compression="deflate") as ws:
        assert ws.response is not None
        assert "Sec-WebSocket-Extensions" not in ws.response.headers


async def test_frames_that_nobody_reads_take_bounded_memory(address: str) -> None:
    async def flood() -> None:
        async with connect(f"{address}/deaf", close_timeout=0.1) as ws:
            for _ in range(FLOOD // LIMIT):
                await ws.send("a" * LIMIT)

    before = _resident()
    floods = [asyncio.create_task(flood()) for _ in range(SOCKETS)]
    await asyncio.sleep(2)
    # Far under what was offered: the rest waits in the sender, which is held back.
    assert not any(one.done() for one in floods)
    grown = _resident() - before
    for one in floods:
        one.cancel()
    await asyncio.gather(*floods, return_exceptions=True)
    print(f"{grown / SOCKETS / 1e6:.2f} MB a socket that floods, sender included")
    assert grown < SOCKETS * FLOOD / 8


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def test_what_is_no_socket_is_refused_in_the_house_form(address: str) -> None:
    port = int(address.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 99\r\n\r\n"
    )
    head, _, body = (await asyncio.wait_for(reader.read(), 10)).partition(b"\r\n\r\n")
    writer.close()
    assert head.split()[1].startswith(b"4")
    assert json.loads(body).keys() == {"error", "detail", "timestamp", "request_id"}
