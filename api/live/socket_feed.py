"""One WebSocket that pushes trades and quotes."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import structlog
from falcon import PayloadTypeError, WebSocketDisconnected
from falcon.asgi import WebSocket

from api.live.buffer import Frame, FrameBuffer, Outcomes
from core.clock.times import format_time, now_ms
from core.errors import TickcastError, TooManyRequests
from core.messages import Acknowledgement, Channels, FrameRefusal, most_frequent

log = structlog.get_logger("ingest")

NOT_ACCEPTABLE, NOT_TEXT, TRY_AGAIN_LATER = 1003, 1007, 1013
# Acknowledgements that a reader does not fetch are not gathered for ever.
MOST_UNSENT = 20_000
_ENCODE = msgspec.json.Encoder().encode


class Closing(NamedTuple):
    """How a socket is closed."""

    code: int
    reason: str


class _NotTaken(Exception):
    """A frame that is no text."""

    def __init__(self, closing: Closing) -> None:
        super().__init__(closing.reason)
        self.closing = closing


class SocketFeed:
    """Reads frames into the platform's buffer and acknowledges them once they are queued."""

    def __init__(
        self,
        socket: WebSocket,
        platform: str,
        buffer: FrameBuffer,
        ack_each: bool,
        symbol: str | None = None,
    ) -> None:
        self._socket = socket
        self._platform = platform
        self._buffer = buffer
        self._ack_each = ack_each
        self._outbox: asyncio.Queue[bytes | Closing] = asyncio.Queue()
        self.frames = self.accepted = self._unanswered = 0
        self.channels: Channels = {}
        self.symbol = symbol

    async def run(self, check: Callable[[], Any]) -> None:
        """Serve until the peer leaves or the queue is full; what was taken is delivered."""
        sender = asyncio.create_task(self._send_all())
        closing: Closing | None = None
        try:
            while not sender.done():
                await check()
                await self._take(await self._receive())
        except WebSocketDisconnected:
            pass
        except TooManyRequests as error:
            closing = Closing(TRY_AGAIN_LATER, error.type)
        except _NotTaken as error:
            closing = error.closing
        finally:
            await self._drain()
            if closing is not None:
                self._outbox.put_nowait(closing)
            await self._finish(sender)

    async def _drain(self) -> None:
        """Return when the frames of this socket were delivered, whatever others send."""
        while self._unanswered and self._buffer.delivering:
            await asyncio.sleep(0.01)

    async def _receive(self) -> bytes:
        try:
            return (await self._socket.receive_text()).encode()
        except PayloadTypeError:
            raise _NotTaken(Closing(NOT_ACCEPTABLE, "send text frames")) from None
        except UnicodeEncodeError:
            raise _NotTaken(Closing(NOT_TEXT, "the text is not UTF-8")) from None

    async def _take(self, data: bytes) -> None:
        self.frames += 1
        log.debug("message", platform=self._platform, number=self.frames, size=len(data))
        if self._outbox.qsize() > MOST_UNSENT:
            raise TooManyRequests("Acknowledgements are not being read.", retry_after=1)
        self._unanswered += 1
        await self._buffer.add(Frame(self, self.frames, data))

    def told(self, outcomes: Outcomes) -> None:
        """Put the acknowledgements of one flush into the outbox."""
        self._unanswered -= len(outcomes)
        stamp = format_time(now_ms())
        taken: Outcomes = []
        for number, outcome in outcomes:
            self.accepted += outcome.accepted
            if outcome.error is None:
                taken.append((number, outcome))
                continue
            self._outbox.put_nowait(self._refusal(number, stamp, outcome.error))
            if outcome.error.status >= 429:
                self._outbox.put_nowait(Closing(TRY_AGAIN_LATER, outcome.error.type))
        if self._ack_each:
            for one in taken:
                self._outbox.put_nowait(self._acknowledgement(one[0], stamp, [one]))
        else:
            self._outbox.put_nowait(self._acknowledgement(outcomes[-1][0], stamp, taken))

    def _acknowledgement(self, number: int, stamp: str, taken: Outcomes) -> bytes:
        reasons = [reason for _, outcome in taken for reason in outcome.rejected]
        return _ENCODE(
            Acknowledgement(
                self._platform,
                stamp,
                number,
                accepted=sum(outcome.accepted for _, outcome in taken),
                ignored=sum(outcome.ignored for _, outcome in taken),
                rejected=len(reasons),
                reasons=most_frequent(reasons) if reasons else {},
            )
        )

    def _refusal(self, number: int, stamp: str, error: TickcastError) -> bytes:
        return _ENCODE(FrameRefusal(self._platform, stamp, number, error.type, error.detail))

    async def _send_all(self) -> None:
        while True:
            item = await self._outbox.get()
            if isinstance(item, Closing):
                await self._socket.close(item.code, item.reason)
                return
            await self._socket.send_text(item.decode())
            self._outbox.task_done()

    async def _finish(self, sender: "asyncio.Task[None]") -> None:
        """Let the last acknowledgements leave, if anyone still listens."""
        sent = asyncio.ensure_future(self._outbox.join())
        await asyncio.wait((sender, sent), timeout=1, return_when=asyncio.FIRST_COMPLETED)
        sent.cancel()
        sender.cancel()
        await asyncio.gather(sender, sent, return_exceptions=True)
