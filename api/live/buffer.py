"""Frames of many connections, put together into micro-batches."""

import asyncio
from bisect import bisect_right
from collections.abc import Awaitable, Callable
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple, Protocol

from api.live.messages import LiveBatch, decode_alike, recognise_text, to_batch
from core.clock.times import now_ms
from core.errors import TickcastError
from core.messages import Channels, Recognised

FLUSH_SECONDS = 0.02
MOST_FRAMES = 2_000
MOST_BYTES = 4 << 20


class Outcome(NamedTuple):
    """What became of a frame's messages: how many were accepted, ignored and rejected, and why.

    `error` says why the frame as a whole was not taken.
    """

    accepted: int = 0
    ignored: int = 0
    rejected: tuple[str, ...] = ()
    error: TickcastError | None = None


Outcomes = list[tuple[int, Outcome]]
Deliver = Callable[[str, LiveBatch], Awaitable[None]]


class Listener(Protocol):
    """A connection that sends frames: it is told what became of each, once a flush.

    `symbol` is that of trades and quotes that name none.
    """

    channels: Channels
    symbol: str | None

    def told(self, outcomes: Outcomes) -> None:
        """Take the numbers and the outcomes of its frames of one flush, in order."""


class Frame(NamedTuple):
    """One frame of a connection, numbered by it."""

    listener: Listener
    number: int
    data: bytes


class FrameBuffer:
    """Collects one platform's frames for 20 ms or 2,000 frames, then delivers them at once.

    One delivery runs at a time; meanwhile frames gather up to the limits, and
    `add` waits: so the sockets are not read further and nothing grows without end.
    """

    def __init__(self, platform: str, deliver: Deliver) -> None:
        self._platform = platform
        self._deliver = deliver
        self._frames: list[Frame] = []
        self._bytes = 0
        self._flushing: asyncio.Task[None] | None = None
        self._room = asyncio.Event()
        self._room.set()
        self._full = asyncio.Event()

    async def add(self, frame: Frame) -> None:
        """Take a frame; its listener is told when the broker holds it."""
        if not self._room.is_set():
            await self._room.wait()
        self._frames.append(frame)
        self._bytes += len(frame.data)
        if len(self._frames) >= MOST_FRAMES or self._bytes >= MOST_BYTES:
            self._room.clear()
            self._full.set()
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush_all())

    @property
    def delivering(self) -> bool:
        """Whether frames wait or are being delivered."""
        return self._flushing is not None

    async def _flush_all(self) -> None:
        try:
            while self._frames:
                if not self._full.is_set():
                    await self._wait_a_little()
                frames, self._frames, self._bytes = self._frames, [], 0
                self._full.clear()
                self._room.set()
                await self._flush(frames)
        finally:
            self._flushing = None

    async def _wait_a_little(self) -> None:
        try:
            await asyncio.wait_for(self._full.wait(), FLUSH_SECONDS)
        except TimeoutError:
            return

    async def _flush(self, frames: list[Frame]) -> None:
        batch, outcomes = read_frames(self._platform, frames, now_ms())
        try:
            await self._deliver(self._platform, batch)
        except TickcastError as error:
            outcomes = [outcome if outcome.error else Outcome(error=error) for outcome in outcomes]
        told: dict[int, tuple[Listener, Outcomes]] = {}
        for frame, outcome in zip(frames, outcomes, strict=True):
            entry = told.setdefault(id(frame.listener), (frame.listener, []))
            entry[1].append((frame.number, outcome))
        for listener, numbered in told.values():
            listener.told(numbered)


def read_frames(platform: str, frames: list[Frame], at_ms: int) -> tuple[LiveBatch, list[Outcome]]:
    """Return what the frames hold together, and what became of each.

    Each frame is decoded by itself, so that none can swallow another's messages; what
    they hold is made numbers of in one go, which is what takes the time.
    """
    found = Recognised()
    # Of each frame: at which message it begins, and how many were ignored before it.
    begins, ignored, errors = [0], [0], dict[int, TickcastError]()
    alike = decode_alike([frame.data for frame in frames]) or [None] * len(frames)
    for at, (frame, known) in enumerate(zip(frames, alike, strict=True)):
        about = frame.listener
        try:
            recognise_text(frame.data, found, about.channels, about.symbol, known)
        except TickcastError as error:
            errors[at] = error
        begins.append(found.total)
        ignored.append(found.ignored)
    batch = to_batch(platform, found, [frame.data for frame in frames], begins[:-1], at_ms)
    accepted = [0] * found.total
    for index in batch.indices:
        accepted[index] += 1
    rejected: dict[int, list[str]] = {}
    for one in batch.rejected:
        rejected.setdefault(one.index, []).append(one.reason)
    outcomes = [
        # Most frames hold one message.
        _outcome(accepted[begin] if end == begin + 1 else sum(accepted[begin:end]), after - before)
        for (begin, end), (before, after) in zip(pairwise(begins), pairwise(ignored), strict=True)
    ]
    for at in sorted({bisect_right(begins, index) - 1 for index in rejected}):
        reasons = [rejected.get(index, ()) for index in range(begins[at], begins[at + 1])]
        outcomes[at] = outcomes[at]._replace(rejected=tuple(chain.from_iterable(reasons)))
    for at, refusal in errors.items():
        outcomes[at] = Outcome(error=refusal)
    return batch, outcomes


@lru_cache(1_024)
def _outcome(accepted: int, ignored: int) -> Outcome:
    """Return the outcome of a frame without a fault; a busy feed's are all the same."""
    return Outcome(accepted, ignored)
