"""Tell of a batch what is new, what was sent before, and what uses the id of another trade."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from core.messages import IdKind
from storage.journal.columns import Trades, join_all
from storage.trades.intervals import Intervals
from storage.trades.journaled import JournaledTrades
from storage.trades.seen_ids import SeenIds, blocks_of
from storage.trades.state import SymbolState

# So many later trades under known ids, whose ids ascend, say that ids began again.
RESET_TRADES = 3
_ASCENDING = 0.9
_MOST_SUSPECTS = 16

Blocks = list[tuple[int, int]]


def touched_blocks(batches: list[Trades], state: SymbolState) -> dict[int, Blocks]:
    """Return for each epoch the blocks of ids that batches may touch."""
    found: dict[int, Blocks] = {}
    for batch in batches:
        if batch.kind is IdKind.NONE:
            continue
        for epoch, part in _by_epoch(batch, state):
            last = part.last_id if part.kind is IdKind.AGGREGATE else part.first_id
            blocks = blocks_of(part.first_id, last)
            found[epoch] = sorted({*found.get(epoch, []), *blocks})
    return found


@dataclass
class SortedOut:
    """What became of the batches of one symbol; `fresh` is each in order.

    `untold` have no id and are so old that nobody can tell whether they came before.
    """

    fresh: list[Trades] = field(default_factory=list)
    others: list[Trades] = field(default_factory=list)
    untold: list[Trades] = field(default_factory=list)
    duplicates: int = 0
    overlaps: int = 0
    epochs: int = 0


class Sorter:
    """Sorts batches of one symbol out; `state` and `ids` (by epoch) are changed by it."""

    def __init__(
        self,
        platform: str,
        symbol: str,
        state: SymbolState,
        ids: dict[int, SeenIds],
        journaled: JournaledTrades,
    ) -> None:
        self._market = platform, symbol
        self._state = state
        self._ids = ids
        self._journaled = journaled
        # A trade under a known id is the newer the later it is: the state's own moves on.
        self._newest = state.watermark
        self.found = SortedOut()

    def take(self, batch: Trades) -> None:
        """Sort one batch out."""
        if batch.kind is IdKind.NONE:
            self._take_without_ids(batch.in_order())
            return
        self._state.sequence |= batch.kind is IdKind.SEQUENCE
        for epoch, part in _by_epoch(batch, self._state):
            self._take_with_ids(epoch, part)

    def _take_without_ids(self, batch: Trades) -> None:
        forgotten = self._journaled.forgotten(*self._market, batch)
        if forgotten.any():
            self.found.untold.append(batch.take(forgotten))
            batch = batch.take(~forgotten)
        fresh = self._journaled.unheld(*self._market, batch, self.found.fresh, self._newest)
        self.found.duplicates += int((~fresh).sum())
        self._keep(batch.take(fresh))

    def _take_with_ids(self, epoch: int, part: Trades) -> None:
        found = keep_fresh(part, self._ids[epoch].seen.ids)
        others = found.known
        if len(found.known):
            before = [*self.found.fresh, found.trades]
            other = self._journaled.others(*self._market, found.known, before)
            others = found.known.take(other)
        newest = epoch == len(self._state.epochs)
        if newest and len(others) and self._begins_again(part, found.trades, others):
            return
        self.found.overlaps += found.overlaps
        self.found.duplicates += len(found.known) - len(others)
        constant = newest and len(others) and self._is_constant(found.trades, others)
        self._ids[epoch].add(found.trades)
        if newest:
            self._state.ids += int((found.trades.last_id - found.trades.first_id + 1).sum())
        self._keep(found.trades)
        if constant:
            self._take_without_ids(others.without_ids(np.zeros(len(others), dtype=np.int64)))
        elif len(others):
            self.found.others.append(others)

    def _keep(self, fresh: Trades) -> None:
        if len(fresh):
            self.found.fresh.append(fresh)

    def _is_constant(self, fresh: Trades, others: Trades) -> bool:
        """Say whether the symbol never had any id but that of the others: it is none."""
        seen = np.unique(np.concatenate([fresh.first_id, others.first_id]))
        return len(seen) == 1 and self._state.ids + len(fresh) == 1

    def _begins_again(self, part: Trades, fresh: Trades, others: Trades) -> bool:
        """Begin another epoch of ids if later trades say so, and sort them out in it."""
        others = others.take(others.time > self._newest)
        held = self._suspects()
        if not len(others) or part.kind is IdKind.AGGREGATE:
            return False
        began = int(others.time[0])
        later = part.take(part.time >= began).in_order()
        ids = np.concatenate([held.first_id, later.first_id]) if held else later.first_id
        count = len(np.unique(others.first_id)) + (len(held) if held else 0)
        if count < RESET_TRADES or (np.diff(ids) > 0).mean() < _ASCENDING:
            self._suspect(held, others)
            return False
        old = fresh.take(fresh.time < began)
        start = max(self._newest, int(old.time.max()) if len(old) else 0) + 1
        self._state.suspects, self._state.ids = b"", 0
        self._state.epochs.append(min(start, int(held.time.min())) if held else start)
        self.found.epochs += 1
        parts = [held, part] if held else [part]
        epoch = len(self._state.epochs)
        blocks = sorted({block for one in parts for block in blocks_of(one.first_id, one.last_id)})
        self._ids[epoch] = SeenIds(epoch, blocks, [None] * (len(blocks) + 1))
        for one in parts:
            self.take(one)
        return True

    def _suspects(self) -> Trades | None:
        """Return trades set aside that nothing later has contradicted."""
        if not self._state.suspects:
            return None
        held = Trades.from_bytes(self._state.suspects)
        return held if len(held) and int(held.time.min()) > self._newest else None

    def _suspect(self, held: Trades | None, others: Trades) -> None:
        new = others.take(~np.isin(others.first_id, held.first_id)) if held else others
        parts = join_all({"": [held, new] if held else [new]})[""]
        self._state.suspects = parts[-1].take(slice(-_MOST_SUSPECTS, None)).to_bytes()


def _by_epoch(batch: Trades, state: SymbolState) -> list[tuple[int, Trades]]:
    """Return the parts of a batch by the epoch that their times lie in."""
    if not state.epochs:
        return [(0, batch)]
    epoch = np.searchsorted(state.epochs, batch.time, side="right")
    return [(int(one), batch.take(epoch == one)) for one in np.unique(epoch)]


class Fresh(NamedTuple):
    """The new trades of a batch, in order; those whose ids are known; and what overlaps them."""

    trades: Trades
    known: Trades
    overlaps: int


def keep_fresh(batch: Trades, seen: Intervals) -> Fresh:
    """Return the trades whose ids `seen` does not hold, each id once, and the others.

    An aggregate is its interval of trade ids: wholly seen it is known; partly seen
    it cannot be counted without counting a part twice, so it is left out, and its
    unseen ids remain a gap to be backfilled one by one.
    """
    ordered = batch.in_order()
    once = np.ones(len(ordered), dtype=np.bool_)
    if not (np.diff(ordered.first_id) > 0).all():
        _, first_positions = np.unique(ordered.first_id, return_index=True)
        once[:] = False
        once[first_positions] = True
    first_seen, last_seen = seen.contain(ordered.first_id), seen.contain(ordered.last_id)
    partly = first_seen ^ last_seen
    fresh = ordered.take(once & ~first_seen & ~last_seen)
    known = ordered.take((~once & ~partly) | (first_seen & last_seen))
    overlaps = int(partly.sum())
    if batch.kind is IdKind.AGGREGATE:
        fresh, inner = _without_inner_overlaps(fresh, seen)
        overlaps += inner
    return Fresh(fresh, known, overlaps)


def _without_inner_overlaps(fresh: Trades, seen: Intervals) -> tuple[Trades, int]:
    """Drop aggregates that enclose ids seen before, or that overlap an earlier one."""
    by_id = fresh.take(np.argsort(fresh.first_id, kind="stable"))
    reach = np.maximum.accumulate(by_id.last_id)
    overlapping = np.zeros(len(by_id), dtype=np.bool_)
    overlapping[1:] = by_id.first_id[1:] <= reach[:-1]
    after = np.searchsorted(seen.start, by_id.first_id)
    enclosing = np.zeros(len(by_id), dtype=np.bool_)
    inside = after < len(seen.start)
    enclosing[inside] = seen.start[after[inside]] <= by_id.last_id[inside]
    bad = overlapping | enclosing
    return by_id.take(~bad).in_order(), int(bad.sum())
