"""What readers of signals are told: read from SQL once for all sockets of a process.

SQL decides what happened and in which order, so that nobody misses what was told while Redis,
a worker or this process was away. It is looked at four times a second while somebody listens.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, ParamSpec, TypeVar

import structlog

from api.http.threads import in_database_thread
from core.errors import TickcastError
from storage.signals.signal_events import SignalEvent, SignalEvents

log = structlog.get_logger("stream")

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

_LOOK_SECONDS, _AGAIN_SECONDS = 0.25, 1.0
# Events that are kept at hand; who is further behind reads from SQL.
_KEPT = 1_000
_PAGE = 200


class Frame(NamedTuple):
    """An event, and what is sent of it."""

    event: SignalEvent
    text: str


class SignalFeed:
    """Reads events while somebody listens; `show` makes the text of one, and may block."""

    def __init__(self, events: SignalEvents, show: Callable[[SignalEvent], str]) -> None:
        self._events = events
        self._show = show
        self._kept: deque[Frame] = deque(maxlen=_KEPT)
        # What is at hand follows on this number.
        self._since = 0
        self._newest = 0
        self._listeners = 0
        self._news = asyncio.Event()
        self._follower: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Have events read as long as the block lasts."""
        self._listeners += 1
        if self._follower is None or self._follower.done():
            self._follower = asyncio.get_running_loop().create_task(self._follow())
        try:
            yield
        finally:
            self._listeners -= 1
            if not self._listeners and self._follower:
                self._follower.cancel()
                self._follower = None

    async def after(self, seq: int) -> Sequence[Frame]:
        """Return the next events after a number, in order; waits until there are any."""
        while True:
            news = self._news
            if seq < self._since:
                if frames := await _patiently(self._read, seq):
                    return frames
            elif seq < self._newest:
                return [frame for frame in self._kept if frame.event.seq > seq]
            await news.wait()

    async def active(self) -> tuple[Sequence[Frame], int]:
        """Return the signals that may still be entered, and the number of the newest event."""
        return await _patiently(self._active)

    async def bounds(self) -> tuple[int, int]:
        """Return up to which number events are no longer kept, and that of the newest."""
        return await _patiently(self._bounds)

    def _active(self) -> tuple[Sequence[Frame], int]:
        events, newest = self._events.active()
        return self._frames(events), newest

    def _bounds(self) -> tuple[int, int]:
        return self._events.forgotten_until(), self._events.active()[1]

    def _read(self, seq: int) -> list[Frame]:
        return self._frames(self._events.after(seq, _PAGE))

    def _frames(self, events: Sequence[SignalEvent]) -> list[Frame]:
        return [Frame(event, self._show(event)) for event in events]

    async def _follow(self) -> None:
        self._since = self._newest = (await _patiently(self._bounds))[1]
        self._kept.clear()
        self._wake()
        while True:
            frames = await _patiently(self._read, self._newest)
            if frames:
                self._take(frames)
            if len(frames) < _PAGE:
                await asyncio.sleep(_LOOK_SECONDS)

    def _take(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            if len(self._kept) == _KEPT:
                self._since = self._kept[0].event.seq
            self._kept.append(frame)
        self._newest = frames[-1].event.seq
        self._wake()

    def _wake(self) -> None:
        heard, self._news = self._news, asyncio.Event()
        heard.set()


async def _patiently(
    read: Callable[Parameters, Answer], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Answer:
    """Return what is read from SQL, however long it is away."""
    while True:
        try:
            return await in_database_thread(read, *args, **kwargs)
        except TickcastError as error:
            log.warning("not hearing of signals", error=error.type)
            await asyncio.sleep(_AGAIN_SECONDS)
