"""Frames of many connections, put together into micro-batches."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from api.live.messages import LiveBatch, read_messages
from core.errors import MalformedRequest, TickcastError
from core.times import now_ms

FLUSH_SECONDS = 0.02
MOST_FRAMES = 2_000
MOST_BYTES = 4 << 20


class Outcome(NamedTuple):
    """What became of a frame: how many messages were accepted, or why it was not."""

    accepted: int
    error: TickcastError | None = None


Listener = Callable[[list[tuple[int, Outcome]]], None]
Deliver = Callable[[str, LiveBatch], Awaitable[None]]


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

    async def drain(self) -> None:
        """Return when everything added so far was delivered or refused."""
        while self._flushing is not None:
            await asyncio.shield(self._flushing)

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
            outcomes = [outcome if outcome.error else Outcome(0, error) for outcome in outcomes]
        told: dict[int, tuple[Listener, list[tuple[int, Outcome]]]] = {}
        for frame, outcome in zip(frames, outcomes, strict=True):
            entry = told.setdefault(id(frame.listener), (frame.listener, []))
            entry[1].append((frame.number, outcome))
        for listener, numbered in told.values():
            listener(numbered)


def read_frames(platform: str, frames: list[Frame], at_ms: int) -> tuple[LiveBatch, list[Outcome]]:
    """Return what the frames hold together, and what became of each.

    Frames of one message each are read in one go, which is several times
    faster; only when one of them is malformed is each read by itself.
    """
    single = [at for at, frame in enumerate(frames) if frame.data.lstrip()[:1] == b"{"]
    batch, outcomes = LiveBatch(), [Outcome(0)] * len(frames)
    try:
        body = b"[" + b",".join(frames[at].data for at in single) + b"]"
        together = read_messages(platform, body, at_ms)
    except MalformedRequest:
        together = None
    if together is not None and together.total == len(single):
        accepted = Counter(together.indices)
        for position, at in enumerate(single):
            outcomes[at] = Outcome(accepted[position])
        batch.add(together)
        others = sorted(set(range(len(frames))) - set(single))
    else:
        others = list(range(len(frames)))
    for at in others:
        try:
            alone = read_messages(platform, frames[at].data, at_ms)
            outcomes[at] = Outcome(alone.accepted)
            batch.add(alone)
        except MalformedRequest as error:
            outcomes[at] = Outcome(0, error)
    return batch, outcomes
