"""Ids seen of a symbol, in blocks by range: a transaction reads and writes those it touches.

A block that holds every id of its range dissolves into the whole: one interval
where ids are contiguous. Where they are sparse nothing dissolves, and a block has
a few hundred intervals at most, however many trades there are. Ids that began
again (an epoch, which its times tell) have blocks of their own.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
import numpy as np

from storage import keys
from storage.journal.columns import Ints, Trades
from storage.trades.edges import Edges, Hole
from storage.trades.intervals import Intervals, among
from storage.trades.state import SymbolState

_LEAST_BITS = 10  # 1,024 ids a block
# Larger ids are made of times: they are further apart, and so blocks are longer.
_LEADING_BITS = 31
_POWERS = 2 ** np.arange(63, dtype=np.int64)
_WHOLE = "whole"
# The whole of earlier versions held every interval: with more than so many it is taken apart.
_MOST_WHOLE = 256
# With more blocks than this in pieces the ids are plainly not contiguous, or not yet.
MOST_BLOCKS = 5_000


class _Packed(msgspec.Struct, array_like=True):
    seen: bytes
    edges: bytes


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(_Packed).decode


class Seen(NamedTuple):
    """Ids seen in some blocks and in the whole, with the times at the ends of their intervals."""

    ids: Intervals
    edges: Edges

    @classmethod
    def unpack(cls, packed: bytes | None) -> "Seen":
        """Read what `pack` wrote; None is nothing."""
        held = _DECODE(packed) if packed else _Packed(b"", b"")
        return cls(Intervals.from_bytes(held.seen), Edges.from_bytes(held.edges))

    def pack(self) -> bytes:
        """Return MessagePack."""
        return _ENCODE(_Packed(self.ids.to_bytes(), self.edges.to_bytes()))

    def joined(self, others: Iterable["Seen"]) -> "Seen":
        """Return the union with others."""
        every = [self, *(one for one in others if len(one.ids.start))]
        if len(every) == 1:
            return self
        ids = Intervals.empty().add(
            np.concatenate([one.ids.start for one in every]),
            np.concatenate([one.ids.end for one in every]),
        )
        known = np.concatenate([one.edges.id for one in every])
        times = np.concatenate([one.edges.time for one in every])
        known, first = np.unique(known, return_index=True)
        return make_seen(ids, Edges(known, times[first]))

    def with_trades(self, fresh: Trades) -> "Seen":
        """Return the union with the ids of trades."""
        ids = self.ids.add(fresh.first_id, fresh.last_id)
        return make_seen(ids, self.edges.moved(fresh, ids))

    def within(self, first: int, last: int) -> "Seen":
        """Return what is seen of `first..last`, both included."""
        at = slice(
            int(np.searchsorted(self.ids.end, first)),
            int(np.searchsorted(self.ids.start, last, side="right")),
        )
        start, end = self.ids.start[at], self.ids.end[at]
        ids = Intervals(np.maximum(start, first), np.minimum(end, last))
        near = (self.edges.id >= first) & (self.edges.id <= last)
        return make_seen(ids, Edges(self.edges.id[near], self.edges.time[near]))

    def holes(self) -> list[Hole]:
        """Return the ids missing between those seen, with the times around them."""
        return self.edges.holes(self.ids)


def make_seen(ids: Intervals, edges: Edges) -> Seen:
    """Return ids with those edges that are ends of their intervals."""
    ends = among(ids.start, edges.id) | among(ids.end, edges.id)
    return Seen(ids, Edges(edges.id[ends], edges.time[ends]))


def blocks_of(first: Ints, last: Ints) -> list[tuple[int, int]]:
    """Return (first id, last id) of each block that the intervals `first..last` touch."""
    found = _blocks(first) if first is last else _blocks(np.concatenate([first, last]))
    far = np.flatnonzero(last - first >= 1 << _LEAST_BITS)
    for at in far.tolist():
        found |= _between(int(first[at]), int(last[at]))
    return sorted(found)


def _blocks(ids: Ints) -> set[tuple[int, int]]:
    start, end = _bounds(ids)
    # Neighbours are mostly in one block: few are left to be told apart.
    first = np.flatnonzero(np.diff(start, prepend=-1))
    return set(zip(start[first].tolist(), (end[first] - 1).tolist(), strict=True))


def _bounds(ids: Ints) -> tuple[Ints, Ints]:
    """Return the first id of each id's block, and of the block behind it."""
    bits = np.maximum(np.searchsorted(_POWERS, ids, side="right") - _LEADING_BITS, _LEAST_BITS)
    start = ids >> bits << bits
    return start, start + (np.int64(1) << bits)


def _whole_blocks(ids: Intervals) -> Intervals:
    """Return of each interval the blocks that it fills."""
    first, after_first = _bounds(ids.start)
    of_last, after_last = _bounds(ids.end)
    start = np.where(first == ids.start, first, after_first)
    end = np.where(after_last == ids.end + 1, after_last, of_last) - 1
    return Intervals.empty().add(start[start <= end], end[start <= end])


def _between(first: int, last: int) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    while first <= last:
        (block,) = _blocks(np.array([first], dtype=np.int64))
        found.add(block)
        first = block[1] + 1
    return found


class SeenIds:
    """The ids seen of one epoch that a transaction is concerned with; `queue` writes changes."""

    def __init__(
        self,
        epoch: int,
        blocks: list[tuple[int, int]],
        replies: list[Any],
        legacy: Seen | None = None,
    ) -> None:
        self._epoch = epoch
        self._blocks = blocks
        self._whole = Seen.unpack(replies[0]) if legacy is None else legacy
        self.seen = self._whole.joined(map(Seen.unpack, replies[1:]))
        self._changed = False

    @staticmethod
    def fields(epoch: int, blocks: list[tuple[int, int]]) -> list[str]:
        """Return the fields whose values the constructor takes, in order."""
        return [f"{epoch}:{_WHOLE}", *(f"{epoch}:{first}" for first, _ in blocks)]

    def add(self, fresh: Trades) -> None:
        """Note the ids of trades, all of which lie in the blocks."""
        if len(fresh):
            self.seen = self.seen.with_trades(fresh)
            self._changed = True

    def add_spans(self, first: Ints, last: Ints) -> None:
        """Note ids that belong to no trade."""
        self.seen = make_seen(self.seen.ids.add(first, last), self.seen.edges)
        self._changed = True

    def queue(self, pipe: Any, platform: str, symbol: str) -> None:
        """Queue the blocks and the whole, if anything was added."""
        if not self._changed:
            return
        whole, blocks = self._whole, list(self._blocks)
        if len(whole.ids.start) > _MOST_WHOLE:
            blocks = sorted({*blocks, *_blocks(np.concatenate([*whole.ids]))})
            whole = make_seen(_whole_blocks(whole.ids), whole.edges)
        name = keys.seen_ids(platform, symbol)
        for first, last in blocks:
            part, field = self.seen.within(first, last), f"{self._epoch}:{first}"
            if len(part.ids.start) == 1 and part.ids.ids_held() == last - first + 1:
                whole = whole.joined([part])
                pipe.hdel(name, field)
            elif len(part.ids.start):
                pipe.hset(name, field, part.pack())
        known = self.seen.edges
        pipe.hset(name, f"{self._epoch}:{_WHOLE}", whole.joined([Seen(whole.ids, known)]).pack())


def legacy_seen(state: SymbolState, epoch: int) -> Seen | None:
    """Return the ids that a version before kept in the state, which blocks take over."""
    if not state.seen or epoch:
        return None
    return Seen(Intervals.from_bytes(state.seen), Edges.from_bytes(state.edges))


def read_seen(client: Any, platform: str, symbol: str, epoch: int) -> Seen | None:
    """Return all ids seen in an epoch; None where they are in too many pieces."""
    name = keys.seen_ids(platform, symbol)
    if client.hlen(name) > MOST_BLOCKS:
        return None
    mine = f"{epoch}:".encode()
    parts = [Seen.unpack(v) for field, v in client.hgetall(name).items() if field.startswith(mine)]
    return Seen.unpack(None).joined(parts)
