"""How many sockets and event streams each key holds open on this process."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from typing import TypeVar

from core.errors import TooManyRequests

Event = TypeVar("Event")


class OpenStreams:
    """Counts what stays open by the id of its key."""

    def __init__(self, per_key: int) -> None:
        self._per_key = per_key
        self._open: Counter[str] = Counter()

    def check(self, key_id: str) -> None:
        """Raise `TooManyRequests` if the key holds as many open as it may."""
        if self._open[key_id] >= self._per_key:
            raise TooManyRequests(
                f"This key holds {self._per_key} sockets and event streams open; close some.",
                retry_after=1,
            )

    @contextlib.contextmanager
    def one_more(self, key_id: str) -> Iterator[None]:
        """Count one for as long as the context lasts."""
        self._open[key_id] += 1
        try:
            yield
        finally:
            self._open[key_id] -= 1
            if not self._open[key_id]:
                del self._open[key_id]


async def until_revoked(
    events: AsyncIterator[Event], opens: Callable[[], Awaitable[bool]], look_seconds: float
) -> AsyncGenerator[Event]:
    """Yield the events, and end once `opens` says that the key does not open any more.

    It is asked every `look_seconds`, whether events come or not.
    """
    clock = asyncio.get_running_loop().time
    coming: asyncio.Future[Event] | None = None
    due = clock() + look_seconds
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(events))
            await asyncio.wait({coming}, timeout=max(0.0, due - clock()))
            if clock() >= due:
                if not await opens():
                    return
                due = clock() + look_seconds
            if coming.done():
                came, coming = coming, None
                try:
                    event = came.result()
                except StopAsyncIteration:
                    return
                yield event
    except asyncio.CancelledError:
        pass  # the server stops: the stream ends like any other
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.wait({coming})
        if isinstance(events, AsyncGenerator):
            await events.aclose()
