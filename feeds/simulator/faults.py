"""Failures on purpose."""

import random
import re
from typing import TypeVar

Item = TypeVar("Item")
_FAULT = re.compile(r"(drop|gap|repeat|crossed|late|[45]\d\d)@(0(?:\.\d+)?|1(?:\.0+)?|\.\d+)\Z")


class Faults:
    """Decides which request or message fails, from `429@0.1,500@0.05,drop@0.02,gap@0.01`.

    A status answers with it; `drop` cuts the connection without an answer;
    `gap` leaves out one inner run of an answer's candles, or a feed's message.
    Of order books, `repeat` sends a change twice, `crossed` one with a bid above the best
    ask, and `late` answers with a snapshot that is out of date.
    The same seed and the same requests give the same failures, and each stream its own:
    what one loses does not hang on what others tell. Raises `ValueError` with a sentence
    when the text cannot be read.
    """

    def __init__(self, text: str = "", seed: int | None = None) -> None:
        self._seed = seed
        self._drawn: dict[str, random.Random] = {}
        self._odds: dict[str, float] = {}
        for part in filter(None, map(str.strip, text.split(","))):
            found = _FAULT.match(part)
            if not found:
                raise ValueError(
                    f"fault {part!r} is not like 429@0.1, 500@0.05, drop@0.02, gap@0.01"
                )
            self._odds[found[1]] = float(found[2])

    def happens(self, name: str, stream: str = "") -> bool:
        """Draw whether the fault `name` strikes now, of a stream or of what is none."""
        odds = self._odds.get(name, 0.0)
        return odds > 0 and self._random(stream).random() < odds

    def status(self) -> int | None:
        """Draw a failing status, or None."""
        return next((int(n) for n in self._odds if n.isdigit() and self.happens(n)), None)

    def thin(self, rows: list[Item]) -> list[Item]:
        """Return `rows`, at times without one run that touches neither end."""
        if len(rows) < 3 or not self.happens("gap"):
            return rows
        drawn = self._random("")
        start = drawn.randint(1, len(rows) - 2)
        longest = min(len(rows) - 1 - start, max(1, len(rows) // 10))
        return rows[:start] + rows[start + drawn.randint(1, longest) :]

    def _random(self, stream: str) -> random.Random:
        if stream not in self._drawn:
            seed = None if self._seed is None else f"{self._seed} {stream}"
            # Not for secrets: a fault must be repeatable.
            self._drawn[stream] = random.Random(seed)  # noqa: S311
        return self._drawn[stream]
