"""How many sockets and event streams each key, or account, holds open."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from typing import TypeVar

from core.errors import TooManyRequests
from core.process.shared_counts import SharedCounts

Event = TypeVar("Event")


class OpenStreams:
    """Counts what stays open by who holds it, for all api processes together.

    They are counted under `name`; `what` it is that is counted is said to who holds too many.
    """

    def __init__(
        self,
        per_key: int,
        counts: SharedCounts,
        name: str = "streams",
        what: str = "sockets and event streams",
    ) -> None:
        self._per_key = per_key
        self._counts = counts
        self._counted = name
        self._what = what

    def check(self, holder: str) -> None:
        """Raise `TooManyRequests` if a key or an account holds as many open as it may."""
        self._check(self._counts.open(self._name(holder)) + 1)

    @contextlib.contextmanager
    def one_more(self, holder: str) -> Iterator[None]:
        """Count one for as long as the context lasts; raises `TooManyRequests` as `check` does.

        Many that passed `check` at once are told apart here.
        """
        opened = self._counts.opened(self._name(holder))
        try:
            self._check(opened)
            yield
        finally:
            self._counts.closed(self._name(holder))

    def _check(self, opened: int) -> None:
        if opened > self._per_key:
            raise TooManyRequests(
                f"This key or its account holds {self._per_key} {self._what} open; close some.",
                retry_after=1,
            )

    def _name(self, holder: str) -> str:
        return f"{self._counted} of {holder}"


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
