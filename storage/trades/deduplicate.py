"""Keep of a batch what has not been counted yet."""

from typing import NamedTuple

import numpy as np

from core.messages import IdKind
from storage.journal.columns import Trades
from storage.trades.intervals import Intervals


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
