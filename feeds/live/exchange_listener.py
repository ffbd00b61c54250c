"""Listen to a venue's feed for ever: connect, subscribe, watch for silence, reconnect."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from core.errors import ExchangeRefused
from core.retry import RetryPolicy
from feeds.connector import Feed, Heard

RECONNECTING = RetryPolicy(first_s=0.25, longest_s=30.0)
_REFUSING_STATUSES = frozenset({400, 401, 403, 404, 451})
_OPEN_S, _CLOSE_S = 10.0, 1.0
LARGEST_FRAME = 4 << 20
# A connection that lasted so long was a good one: the next is tried at once.
_GOOD_S = 10.0

OnHeard = Callable[[bytes, Heard], Awaitable[None]]
OnReconnect = Callable[[], None]


class LinkFigures(Protocol):
    """How a connection to an exchange fares."""

    exchange_connected: bool
    exchange_reconnects: int
    exchange_said: str


class ExchangeListener:
    """One connection to a venue, made anew as often as it must be.

    `exchange_url` (http or https) replaces the venue's own address. While
    `on_heard` waits, nothing is read: an exchange that gives us up for that is
    connected to again, and what it told meanwhile shows as missing ids.
    """

    def __init__(
        self,
        venue: Feed,
        symbols: Sequence[str],
        on_heard: OnHeard,
        on_reconnect: OnReconnect,
        figures: LinkFigures,
        *,
        exchange_url: str | None = None,
        tickers: bool = True,
        policy: RetryPolicy = RECONNECTING,
        largest_frame: int = LARGEST_FRAME,
    ) -> None:
        self._venue, self._symbols, self._on_heard = venue, symbols, on_heard
        self._on_reconnect, self._figures = on_reconnect, figures
        self._tickers, self._policy = tickers, policy
        base = exchange_url.rstrip("/") if exchange_url else venue.socket_url
        if base.startswith("http"):
            base = "ws" + base.removeprefix("http")
        self._url = base + venue.socket_path()
        self._local = urlsplit(base).hostname in ("127.0.0.1", "::1", "localhost")
        self._ever_heard = False
        self._largest_frame = largest_frame

    async def run(self) -> None:
        """Listen; ends only with `ExchangeRefused`, when the very first subscription is refused."""
        failures = 0
        while True:
            begun = time.monotonic()
            try:
                await self._connection()
            except InvalidStatus as error:
                self._complain(f"answered {error.response.status_code}")
                if error.response.status_code in _REFUSING_STATUSES:
                    self._give_up_if_never_heard(self._figures.exchange_said)
            except TimeoutError:
                self._complain(f"silent for {self._venue.silence_s:.0f} s")
            except (OSError, ConnectionClosed, InvalidHandshake) as error:
                self._complain(str(error) or type(error).__name__)
            failures = 1 if time.monotonic() - begun > _GOOD_S else failures + 1
            luck = random.random()  # noqa: S311
            await asyncio.sleep(self._policy.pause(failures, None, luck))
            self._figures.exchange_reconnects += 1

    async def _connection(self) -> None:
        async with connect(
            self._url,
            open_timeout=_OPEN_S,
            close_timeout=_CLOSE_S,
            max_size=self._largest_frame,
            proxy=None if self._local else True,
        ) as socket:
            for message in self._venue.subscribe_messages(self._symbols, tickers=self._tickers):
                await socket.send(message)
            self._figures.exchange_connected, self._figures.exchange_said = True, ""
            if self._ever_heard:
                self._on_reconnect()
            try:
                await self._listen(socket)
            finally:
                self._figures.exchange_connected = False

    async def _listen(self, socket: ClientConnection) -> None:
        while True:
            async with asyncio.timeout(self._venue.silence_s):
                frame = await socket.recv(decode=False)
            heard = self._venue.parse(frame)
            if heard.refusal is not None:
                self._complain(heard.refusal)
                self._give_up_if_never_heard(heard.refusal)
                return
            if heard.ending:
                self._complain("announced that it closes the connection")
                return
            self._ever_heard |= bool(heard.trades or heard.newest or heard.changes)
            await self._on_heard(frame, heard)

    def _complain(self, what: str) -> None:
        self._figures.exchange_said = what[:120]

    def _give_up_if_never_heard(self, said: str) -> None:
        """A feed that worked once is tried again even if it refuses now, as in maintenance."""
        if not self._ever_heard:
            raise ExchangeRefused(f"The exchange refused: {said[:300]}.")
