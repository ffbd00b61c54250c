"""Which ids have been seen, as disjoint intervals.

A set of ids with a time-out would forget, and count a late replay twice; a high
mark would drop a backfill of older trades. Intervals do neither, and shrink to
one when nothing is missing.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def among(ascending: Ints, ids: Ints) -> NDArray[np.bool_]:
    """Return for each id whether it is one of those that ascend."""
    if not len(ascending):
        return np.zeros(len(ids), dtype=np.bool_)
    at = np.minimum(np.searchsorted(ascending, ids), len(ascending) - 1)
    return np.asarray(ascending[at] == ids)


class Intervals(NamedTuple):
    """Closed intervals [start, end] of ids, ascending, never touching."""

    start: Ints
    end: Ints

    @classmethod
    def empty(cls) -> "Intervals":
        """Return no intervals."""
        none = np.empty(0, dtype=np.int64)
        return cls(none, none)

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Intervals":
        """Read what `to_bytes` wrote."""
        both = np.frombuffer(packed, dtype="<i8").reshape(2, -1)
        return cls(both[0], both[1])

    def to_bytes(self) -> bytes:
        """Return little-endian starts and then ends."""
        return np.concatenate([self.start, self.end]).astype("<i8").tobytes()

    def contain(self, ids: Ints) -> NDArray[np.bool_]:
        """Return for each id whether it lies in an interval."""
        if not len(self.start):
            return np.zeros(len(ids), dtype=np.bool_)
        before = np.searchsorted(self.start, ids, side="right") - 1
        return (before >= 0) & (ids <= self.end[np.maximum(before, 0)])

    def add(self, first: Ints, last: Ints) -> "Intervals":
        """Return the union with the intervals [first, last], in any order."""
        start = np.concatenate([self.start, first])
        end = np.concatenate([self.end, last])
        order = np.argsort(start, kind="stable")
        start, reach = start[order], np.maximum.accumulate(end[order])
        # A new interval begins where an id is left out after all that came before.
        begins = np.concatenate([[True], start[1:] > reach[:-1] + 1])[: len(start)]
        ends = np.concatenate([begins[1:], [True]])[: len(start)]
        return Intervals(start[begins], reach[ends])

    def holes(self) -> "Intervals":
        """Return the ids between the intervals."""
        return Intervals(self.end[:-1] + 1, self.start[1:] - 1)

    def ids_held(self) -> int:
        """Return how many ids the intervals hold."""
        return int((self.end - self.start + 1).sum())
