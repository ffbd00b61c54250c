"""Push messages to a Tickcast server until it has acknowledged each, whatever breaks between."""

import asyncio
import random
import time
from urllib.parse import quote, urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from core.errors import Forbidden, Unauthorized
from core.messages import Acknowledgement
from core.retry import RetryPolicy
from feeds.live.figures import FeedFigures
from feeds.live.push_window import PushWindow
from feeds.live.together import first_ended

PATIENCE_S = 30.0  # for an acknowledgement, and for any answer to a ping
_OPEN_S, _CLOSE_S = 10.0, 1.0
_WRONG_KEY, _TRY_AGAIN_LATER = 4_401, 1_013
RECONNECTING = RetryPolicy(first_s=0.2, longest_s=15.0)


class _Answer(Acknowledgement):
    """An acknowledgement, or a refusal where `error` is set."""

    error: str | None = None
    detail: str = ""


_ANSWER = msgspec.json.Decoder(_Answer)


class ServerPush:
    """One connection to `WS /ingest/{platform}`, made anew as often as it must be.

    `server_url` is the server's http or https address. `figures` is kept up to date.
    """

    def __init__(
        self,
        server_url: str,
        platform: str,
        api_key: str | None,
        figures: FeedFigures,
        window: PushWindow | None = None,
        policy: RetryPolicy = RECONNECTING,
    ) -> None:
        parts = urlsplit(server_url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        path = f"{parts.path.rstrip('/')}/ingest/{quote(platform, safe='')}?ack=batch"
        self._url = f"{scheme}://{parts.netloc}{path}"
        self._local = parts.hostname in ("127.0.0.1", "::1", "localhost")
        self._headers = {"X-API-Key": api_key} if api_key else {}
        self._figures = figures
        self._window = window or PushWindow()
        self._policy = policy
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    async def push(self, message: bytes) -> None:
        """Take a message; waits while too many are under way."""
        await self._room.wait()
        self._window.add(message)
        self._figures.pushed += 1
        self._figures.push_rate.add()
        if self._window.full:
            self._room.clear()
        self._note()
        self._wake.set()

    def push_newest(self, name: str, message: bytes) -> None:
        """Take a message that is of use only until the next of its name; never waits."""
        self._window.put_newest(name, message)
        self._wake.set()

    async def drained(self) -> None:
        """Return when the server has acknowledged everything."""
        while not self._window.empty:
            await asyncio.sleep(0.02)

    async def run(self) -> None:
        """Keep the connection up; ends only by an error that trying again cannot mend."""
        failures = 0
        while True:
            taken, busy = self._figures.acknowledged, False
            try:
                await self._connection()
            except InvalidStatus as error:
                self._raise_refused(error.response.status_code)
                self._figures.server_said = f"answered {error.response.status_code}"
            except ConnectionClosed as error:
                busy = self._closed(error)
            except (OSError, InvalidHandshake, TimeoutError) as error:
                self._figures.server_said = _reason(error)
            failures = 1 if self._figures.acknowledged > taken else failures + 1
            self._figures.server_connected = False
            luck = random.random()  # noqa: S311
            await asyncio.sleep(self._policy.pause(failures, 1 if busy else None, luck))
            self._figures.server_reconnects += 1

    async def _connection(self) -> None:
        async with connect(
            self._url,
            additional_headers=self._headers,
            compression=None,
            open_timeout=_OPEN_S,
            close_timeout=_CLOSE_S,
            ping_timeout=PATIENCE_S,
            max_size=2**16,
            proxy=None if self._local else True,
        ) as socket:
            self._figures.sent_again += self._window.reconnect()
            self._figures.server_connected, self._figures.server_said = True, ""
            self._wake.set()
            await first_ended(self._send_all(socket), self._read_all(socket))

    async def _send_all(self, socket: ClientConnection) -> None:
        while True:
            while frame := self._window.next_frame(time.monotonic()):
                if not self._window.full:
                    self._room.set()
                await socket.send(frame.data, text=True)
                self._note()
            self._wake.clear()
            try:
                async with asyncio.timeout(PATIENCE_S / 4):
                    await self._wake.wait()
            except TimeoutError:
                self._check_patience()

    def _check_patience(self) -> None:
        oldest = self._window.oldest_sent_at()
        if oldest is not None and time.monotonic() - oldest > PATIENCE_S:
            raise TimeoutError("no acknowledgement")

    async def _read_all(self, socket: ClientConnection) -> None:
        async for text in socket:
            try:
                told = _ANSWER.decode(text)
            except msgspec.MsgspecError:
                continue
            if told.error is not None:
                self._figures.refused += told.error == "malformed_request"
                self._figures.server_said = told.detail
                continue
            self._figures.note_answer(told.accepted, told.ignored, told.rejected, told.reasons)
            now = time.monotonic()
            for frame in self._window.acknowledge(told.seq):
                self._figures.acknowledged += frame.messages
                self._figures.latencies.append(now - frame.sent_at)
            self._note()
            self._wake.set()
        # A close that was not an error ends the loop like any other.
        raise ConnectionResetError("the server closed the connection")

    def _closed(self, error: ConnectionClosed) -> bool:
        """Note why the server closed the connection; returns whether it is too busy."""
        code, reason = (error.rcvd.code, error.rcvd.reason) if error.rcvd else (None, "")
        if code == _WRONG_KEY:
            raise Unauthorized("The server does not accept the key.") from error
        self._figures.server_said = reason or "cut off"
        return code == _TRY_AGAIN_LATER

    def _note(self) -> None:
        self._figures.waiting = self._window.waiting
        self._figures.unanswered = self._window.unanswered

    def _raise_refused(self, status: int) -> None:
        if status == 401:
            raise Unauthorized("The server does not accept the key.")
        if status in (403, 404):
            # Before a WebSocket is accepted, a wrong key is a 403 as well.
            raise Forbidden("The server refuses the connection: is the key right?")


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text[:120]
