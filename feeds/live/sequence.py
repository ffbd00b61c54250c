"""Which trade ids of a symbol a feed has left out so far."""

from dataclasses import dataclass, replace

MOST_PARTS = 200


@dataclass(slots=True)
class Missing:
    """Ids `first..last` that were left out, to be fetched from `due` on (s, any clock)."""

    first: int
    last: int
    due: float
    attempts: int = 0

    @property
    def count(self) -> int:
        """How many ids are missing."""
        return self.last - self.first + 1


class Sequence:
    """Follows one symbol's ids, which count up by one.

    What is missing is due for fetching only after `grace_s`: it may merely come
    out of order. At most 200 parts are kept apart; beyond that, neighbours are
    joined, which has some trades fetched again.
    """

    def __init__(self, grace_s: float = 1.0) -> None:
        self._grace_s = grace_s
        self.newest: int | None = None
        self.missing: list[Missing] = []

    def heard(self, first: int, last: int, now: float) -> None:
        """Note a trade that came; ids between the newest before and it are missing."""
        self._skip_to(first, now)
        self.arrived(first, last)
        self.newest = last if self.newest is None else max(self.newest, last)

    def exists(self, newest: int, now: float) -> None:
        """Note that trades up to `newest` have happened, whether they came or not."""
        self._skip_to(newest + 1, now)
        self.newest = newest if self.newest is None else max(self.newest, newest)

    def lacks(self, number: int) -> bool:
        """Say whether an id has not come yet, as far as that is known."""
        if self.newest is None or number > self.newest:
            return True
        return any(part.first <= number <= part.last for part in self.missing)

    def arrived(self, first: int, last: int) -> None:
        """Note that ids are no longer missing."""
        if not self.missing or first > self.missing[-1].last:
            return
        left: list[Missing] = []
        for part in self.missing:
            if part.last < first or part.first > last:
                left.append(part)
                continue
            if part.first < first:
                left.append(replace(part, last=first - 1))
            if part.last > last:
                left.append(replace(part, first=last + 1))
        self.missing = left

    def due(self, now: float) -> list[Missing]:
        """Return what is to be fetched now, oldest first."""
        return [part for part in self.missing if part.due <= now]

    def postpone(self, first: int, last: int, until: float) -> None:
        """Have what is still missing and due of a range fetched again later."""
        for part in self.missing:
            if part.first >= first and part.last <= last and part.due < until:
                part.due, part.attempts = until, part.attempts + 1

    def _skip_to(self, first: int, now: float) -> None:
        """Note that ids between the newest and `first` were left out."""
        if self.newest is None or first <= self.newest + 1:
            return
        self.missing.append(Missing(self.newest + 1, first - 1, now + self._grace_s))
        if len(self.missing) > MOST_PARTS:
            one, other = self.missing[0], self.missing[1]
            attempts = max(one.attempts, other.attempts)
            self.missing[:2] = [Missing(one.first, other.last, one.due, attempts)]
