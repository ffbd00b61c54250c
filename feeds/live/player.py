"""Play recorded messages to a server at their own pace, faster, or as fast as it takes them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from feeds.live.figures import FeedFigures
from feeds.live.push_window import FRAME_BYTES
from feeds.live.recorded import Recorded
from feeds.live.server_push import ServerPush
from feeds.live.together import ended, first_ended, is_set

# Others get a turn after so many messages at full speed.
_BREATH = 200


@dataclass
class Played:
    """How far a recording was played."""

    messages: int = 0
    large: int = 0
    begun: float = field(default_factory=time.monotonic)
    seconds: float = 0.0


class Player:
    """Plays one platform's recording.

    `speed` is how many recorded seconds pass in one of ours, None for as fast as
    it goes. `send_large` takes what does not fit into a frame, by another way.
    """

    def __init__(
        self,
        push: ServerPush,
        figures: FeedFigures,
        *,
        speed: float | None,
        send_large: Callable[[bytes], Awaitable[None]],
    ) -> None:
        self.figures = figures
        self.played = Played()
        self._push, self._speed, self._send_large = push, speed, send_large

    async def run(self, messages: Iterator[Recorded], stop: asyncio.Event) -> None:
        """Play to the end, or until `stop` is set; returns when all was acknowledged.

        Raises `Unauthorized` or `Forbidden`, and what reading the messages raises.
        """
        pushing = asyncio.ensure_future(self._push.run())
        try:
            await first_ended(self._play(messages), ended(pushing), is_set(stop))
            await first_ended(self._push.drained(), ended(pushing))
        finally:
            self.played.seconds = time.monotonic() - self.played.begun
            pushing.cancel()
            await asyncio.gather(pushing, return_exceptions=True)

    async def _play(self, messages: Iterator[Recorded]) -> None:
        first: float | None = None
        for found in messages:
            first = found.time if first is None else first
            await self._wait_for(found.time - first)
            if len(found.message) > FRAME_BYTES:
                await self._send_large(found.message)
                self.played.large += 1
            else:
                await self._push.push(found.message)
            self.played.messages += 1

    async def _wait_for(self, recorded_s: float) -> None:
        if self._speed is None:
            if self.played.messages % _BREATH == 0:
                await asyncio.sleep(0)
            return
        ahead = self.played.begun + recorded_s / self._speed - time.monotonic()
        if ahead > 0:
            await asyncio.sleep(ahead)
