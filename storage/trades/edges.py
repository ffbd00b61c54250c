"""When the trades next to missing ids happened, so that a gap has a beginning and an end."""

from typing import NamedTuple

import numpy as np

from storage.journal.columns import Ints, Trades
from storage.trades.intervals import Intervals, among


class Hole(NamedTuple):
    """Missing ids `first_id..last_id`, between trades at two times (microseconds UTC)."""

    first_id: int
    last_id: int
    after: int
    before: int


class Edges(NamedTuple):
    """Ids, ascending, that begin or end an interval of seen ids, and the times of their trades."""

    id: Ints
    time: Ints

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Edges":
        """Read what `to_bytes` wrote."""
        both = np.frombuffer(packed, dtype="<i8").reshape(2, -1)
        return cls(both[0], both[1])

    def to_bytes(self) -> bytes:
        """Return little-endian ids and then times."""
        return np.concatenate([self.id, self.time]).astype("<i8").tobytes()

    def moved(self, fresh: Trades, seen: Intervals) -> "Edges":
        """Return the edges of `seen`, which is what was seen before and `fresh`."""
        known, times = [self.id], [self.time]
        apart = fresh.first_id is not fresh.last_id
        for ids in (fresh.first_id, fresh.last_id) if apart else (fresh.first_id,):
            ends = among(seen.start, ids) | among(seen.end, ids)
            known.append(ids[ends])
            times.append(fresh.time[ends])
        ids, first = np.unique(np.concatenate(known), return_index=True)
        ends = among(seen.start, ids) | among(seen.end, ids)
        return Edges(ids[ends], np.concatenate(times)[first][ends])

    def holes(self, seen: Intervals) -> list[Hole]:
        """Return the holes of `seen` with the times around them; 0 where a time is not known."""
        times = dict(zip(self.id.tolist(), self.time.tolist(), strict=True))
        missing = seen.holes()
        return [
            Hole(first, last, times.get(first - 1, 0), times.get(last + 1, 0))
            for first, last in zip(missing.start.tolist(), missing.end.tolist(), strict=True)
        ]
