"""When an agent asks again: after its pause, or later and later while nobody answers."""

from feeds.simulator.metatrader.web_request import Answer

LONGEST_S = 60


class Pace:
    """Keeps one kind of request apart by `every_s`, and by 1, 2, 4 ... 60 s after failures."""

    def __init__(self, every_s: float) -> None:
        self.every_s = every_s
        self._next_ms = 0
        self._failures = 0

    def is_due(self, now_ms: int) -> bool:
        """Say whether the next request may go out."""
        return now_ms >= self._next_ms

    def note(self, now_ms: int, answer: Answer) -> None:
        """Take what came of a request that went out now."""
        if (answer.status < 300 and answer.came) or answer.status == 304:
            self._failures = 0
            pause: float = self.every_s
        else:
            self._failures += 1
            asked = answer.header("Retry-After")
            backoff = min(2 ** (self._failures - 1), LONGEST_S)
            pause = max(backoff, int(asked) if asked.isdigit() else 0)
        self._next_ms = now_ms + round(1_000 * pause)

    def now(self) -> None:
        """Let the next request go out at once."""
        self._next_ms = 0
