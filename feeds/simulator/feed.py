"""What the WebSocket feeds of both exchanges share: a connection and its clockwork."""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any, Protocol

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from feeds.simulator.catalog import Product
from feeds.simulator.faults import Faults

TICK_S = 0.02
PING_S = 20.0
CHUNK = 500  # trades sent before others get a turn
_MAX_COMMAND_BYTES = 2**16


class Subscriptions(Protocol):
    """One client's subscriptions on one exchange: commands in, messages out."""

    def command(self, text: str) -> Iterable[Any]:
        """Obey a client's message and return what to answer."""

    def due(self) -> Iterable[Any]:
        """Return the messages that have come due since the last call."""

    @property
    def idle(self) -> bool:
        """Whether nothing is subscribed."""


async def run_feed(
    request: web.Request, client: Subscriptions, faults: Faults, idle_limit_s: float
) -> web.WebSocketResponse:
    """Serve one connection until it ends.

    A client that has subscribed to nothing after `idle_limit_s` is sent away. The
    fault `drop` is drawn every second and cuts the connection without a close.
    """
    socket = web.WebSocketResponse(
        heartbeat=PING_S, compress=False, max_msg_size=_MAX_COMMAND_BYTES
    )
    await socket.prepare(request)
    # What a command answers must not mix with what comes due: a last match precedes the next.
    turn = asyncio.Lock()
    sender = asyncio.create_task(_send_due(request, socket, client, turn, faults, idle_limit_s))
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                async with turn:
                    for reply in client.command(message.data):
                        await _send(socket, reply)
    finally:
        sender.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await sender
    return socket


async def _send_due(
    request: web.Request,
    socket: web.WebSocketResponse,
    client: Subscriptions,
    turn: asyncio.Lock,
    faults: Faults,
    idle_limit_s: float,
) -> None:
    loop = asyncio.get_running_loop()
    begun = second = loop.time()
    while not socket.closed:
        busy = False
        async with turn:
            for message in client.due():
                await _send(socket, message)
                busy = True
        if client.idle and loop.time() - begun > idle_limit_s:
            await socket.close(code=WSCloseCode.POLICY_VIOLATION)
        if loop.time() - second >= 1:
            second = loop.time()
            if faults.happens("drop") and request.transport:
                request.transport.abort()
                return
        await asyncio.sleep(0 if busy else TICK_S)


async def _send(socket: web.WebSocketResponse, message: Any) -> None:
    if not socket.closed:
        await socket.send_str(msgspec.json.encode(message).decode())


class TradeCursor:
    """How far one client has been told of a product's trades, beginning where they stand.

    `next` is the index of the first trade that it has not been told.
    """

    def __init__(self, product: Product) -> None:
        self._product = product
        if product.trade_feed:
            product.trade_feed.begin()
        self.next = product.trade_count()

    def due(self) -> range:
        """Return the indices of trades that happened since the last call, a chunk at most."""
        start = self.next
        self.next = min(self._product.trade_count(), start + CHUNK)
        return range(start, self.next)


class Every:
    """Says when a message that comes at a steady pace is due again."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def due(self) -> bool:
        """Return True once per interval; the first time at once."""
        now = asyncio.get_running_loop().time()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True
