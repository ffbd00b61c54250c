"""What several callers want to know at the same moment, asked for once."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeVar

Answer = TypeVar("Answer")


class OneAtATime(Generic[Answer]):
    """What is under way, by the name that those give it who want it."""

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[Answer]] = {}

    async def get(self, name: Hashable, look: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """Return what `look` returns or raises; that one who waits is gone ends it for none."""
        running = self._running.get(name)
        if running is None or running.get_loop() is not asyncio.get_running_loop():
            running = self._running[name] = asyncio.create_task(look())
            running.add_done_callback(partial(self._end, name))
        return await asyncio.shield(running)

    def _end(self, name: Hashable, ended: asyncio.Task[Answer]) -> None:
        if self._running.get(name) is ended:
            del self._running[name]
        # Nobody may have waited to the end to be told.
        if not ended.cancelled():
            ended.exception()
