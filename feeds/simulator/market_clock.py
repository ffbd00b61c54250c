"""What time it is on the simulated market."""

import math
import time
from collections.abc import Callable

SILENCE_MS = 250


class MarketClock:
    """The exchange's clock, in epoch milliseconds.

    With `shifted` the files end where the clock starts, and time goes on from
    there `speed` times as fast as ours; without, the market's time is ours and
    the files are its past. `offset_s` makes the clock wrong by so much.
    """

    def __init__(
        self,
        *,
        shifted: bool = False,
        speed: float = 1.0,
        offset_s: float = 0.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.shifted = shifted
        self.speed = speed
        self._offset_s = offset_s
        self._wall = wall
        self._started = wall()
        self.start_ms = round((self._started + offset_s) * 1_000)

    def elapsed_ms(self) -> float:
        """Return our own milliseconds since the start, times the speed."""
        return (self._wall() - self._started) * 1_000 * self.speed

    def now_ms(self) -> int:
        """Return the market's time."""
        if self.shifted:
            return self.start_ms + int(self.elapsed_ms())
        return round((self._wall() + self._offset_s) * 1_000)


class Playback:
    """Where a feed stands in one file.

    On a shifted market that is the market's time. Otherwise the file is history
    until somebody subscribes: then it plays from its first row, at the clock's
    speed, once for all who listen. A short silence comes before the first row,
    so that a client's next subscriptions miss nothing.
    """

    def __init__(self, clock: MarketClock, first_ms: int) -> None:
        self._clock = clock
        self._first_ms = first_ms
        self._begun: float | None = None

    @property
    def is_live(self) -> bool:
        """Whether events are happening, rather than all past."""
        return self._clock.shifted or self._begun is not None

    def begin(self) -> None:
        """Start playing, unless it plays already."""
        if not self.is_live:
            self._begun = self._clock.elapsed_ms() + SILENCE_MS * self._clock.speed

    def now_ms(self) -> int:
        """Return the time up to which events have happened, as the file's times go."""
        if self._begun is None:
            return self._clock.now_ms()
        return self._first_ms + math.floor(self._clock.elapsed_ms() - self._begun)
