"""One WebSocket that pushes trades and quotes."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from falcon import WebSocketDisconnected
from falcon.asgi import WebSocket

from api.live.buffer import Frame, FrameBuffer, Outcome
from core.errors import TickcastError, TooManyRequests
from core.times import format_time, now_ms

log = structlog.get_logger("ingest")

TRY_AGAIN_LATER = 1013
# Acknowledgements that a reader does not fetch are not gathered for ever.
MOST_UNSENT = 20_000
_ENCODE = msgspec.json.Encoder().encode


class SocketFeed:
    """Reads frames into the platform's buffer and acknowledges them once they are queued."""

    def __init__(
        self, socket: WebSocket, platform: str, buffer: FrameBuffer, ack_each: bool
    ) -> None:
        self._socket = socket
        self._platform = platform
        self._buffer = buffer
        self._ack_each = ack_each
        self._outbox: asyncio.Queue[bytes | TickcastError] = asyncio.Queue()
        self.frames = self.accepted = 0

    async def run(self, check: Callable[[], Any]) -> None:
        """Serve until the peer leaves or the queue is full; what was taken is delivered."""
        sender = asyncio.create_task(self._send_all())
        try:
            while not sender.done():
                await check()
                await self._take(await self._receive())
        except WebSocketDisconnected:
            pass
        except TooManyRequests as error:
            self._outbox.put_nowait(error)
        finally:
            await self._buffer.drain()
            await self._finish(sender)

    async def _receive(self) -> bytes:
        payload = await self._socket.receive_text()
        return payload.encode()

    async def _take(self, data: bytes) -> None:
        self.frames += 1
        log.debug("message", platform=self._platform, number=self.frames, size=len(data))
        if self._outbox.qsize() > MOST_UNSENT:
            raise TooManyRequests("Acknowledgements are not being read.", retry_after=1)
        await self._buffer.add(Frame(self._told, self.frames, data))

    def _told(self, outcomes: list[tuple[int, Outcome]]) -> None:
        """Put the acknowledgements of one flush into the outbox."""
        stamp = format_time(now_ms())
        accepted = 0
        for number, outcome in outcomes:
            self.accepted += outcome.accepted
            accepted += outcome.accepted
            if outcome.error is not None:
                self._outbox.put_nowait(self._refusal(number, stamp, outcome.error))
                if outcome.error.status >= 429:
                    self._outbox.put_nowait(outcome.error)
            elif self._ack_each:
                self._outbox.put_nowait(self._acknowledgement(number, stamp, outcome.accepted))
        if not self._ack_each:
            self._outbox.put_nowait(self._acknowledgement(outcomes[-1][0], stamp, accepted))

    def _acknowledgement(self, number: int, stamp: str, accepted: int) -> bytes:
        return _ENCODE(
            {
                "platform": self._platform,
                "timestamp": stamp,
                "accepted": accepted,
                "seq": number,
            }
        )

    def _refusal(self, number: int, stamp: str, error: TickcastError) -> bytes:
        return _ENCODE(
            {
                "error": error.type,
                "detail": error.detail,
                "platform": self._platform,
                "timestamp": stamp,
                "seq": number,
            }
        )

    async def _send_all(self) -> None:
        while True:
            item = await self._outbox.get()
            if isinstance(item, TickcastError):
                await self._socket.close(TRY_AGAIN_LATER, item.type)
                return
            await self._socket.send_text(item.decode())

    async def _finish(self, sender: "asyncio.Task[None]") -> None:
        """Let the last acknowledgements leave, if anyone still listens."""
        for _ in range(100):
            if sender.done() or self._outbox.empty():
                break
            await asyncio.sleep(0.01)
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)
