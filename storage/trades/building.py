"""Work out, for one symbol, what a batch changes: pure arithmetic between two trips to Redis."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from core.series import CandleFlag, Series
from storage.candles.live_grids import LIVE_RESOLUTIONS, CandleGrids
from storage.journal.columns import Trades
from storage.trades.aggregates import Aggregate, aggregate, coarser
from storage.trades.state import SymbolState


@dataclass
class HeldCandle:
    """What Redis holds of a candle before the batch."""

    aggregate: Aggregate | None = None
    stored: bool = False
    flags: int = 0
    # Whether it has marks at all, and be it none: all have that were built from trades.
    marked: bool = False

    @property
    def from_exchange(self) -> bool:
        """Whether it is the exchange's own finished candle, which ours must not replace.

        One that has sums of trades but no marks has lost them: it is ours.
        """
        if not self.marked and self.aggregate is not None:
            return False
        return self.stored and not self.flags & (CandleFlag.FROM_TRADES | CandleFlag.PARTIAL)

    @property
    def is_of_trades(self) -> bool:
        """Whether it was built from trades."""
        return self.aggregate is not None or bool(self.flags & CandleFlag.FROM_TRADES)

    @property
    def has_lost_its_sums(self) -> bool:
        """Whether it was built from trades whose sums are gone: only the journal knows them."""
        return self.stored and self.aggregate is None and bool(self.flags & CandleFlag.FROM_TRADES)


Key = tuple[int, int]  # resolution and opening (s)
Held = dict[Key, HeldCandle]


@dataclass
class CandleChanges:
    """New values by (resolution, opening).

    `write` names those that reach the series, `lost` those that only the journal can
    compute, `beside` those of which the exchange's own candle stays.
    """

    aggregates: dict[Key, Aggregate] = field(default_factory=dict)
    write: set[Key] = field(default_factory=set)
    flags: dict[Key, int] = field(default_factory=dict)
    lost: set[Key] = field(default_factory=set)
    beside: set[Key] = field(default_factory=set)


def openings(batches: list[Trades], grids: CandleGrids) -> dict[int, list[int]]:
    """Return for each live resolution the openings (s) that a batch may touch."""
    touched = minutes(batches)
    return {r: sorted({grids.opening(one, r) for one in touched}) for r in LIVE_RESOLUTIONS}


def minutes(batches: list[Trades]) -> list[int]:
    """Return the openings (s) of the finest candles that batches touch, in order."""
    finest = LIVE_RESOLUTIONS[0]
    touched: set[int] = set()
    for batch in batches:
        touched.update((batch.time // (finest * 1_000_000) * finest).tolist())
    return sorted(touched)


def split_at(batches: list[Trades], after: int) -> tuple[list[Trades], list[Trades]]:
    """Return the trades after a time (microseconds), and the older ones."""
    near = [batch.take(batch.time > after) for batch in batches]
    far = [batch.take(batch.time <= after) for batch in batches]
    return [part for part in near if len(part)], [part for part in far if len(part)]


def slices(batches: list[Trades], most: int) -> Iterator[list[Trades]]:
    """Yield batches that touch at most so many of the finest candles each, the oldest first."""
    touched = minutes(batches)
    for start in range(0, len(touched), most):
        first = touched[start] * 1_000_000
        end = (touched[min(start + most, len(touched)) - 1] + LIVE_RESOLUTIONS[0]) * 1_000_000
        inside = [batch.take((batch.time >= first) & (batch.time < end)) for batch in batches]
        yield [part for part in inside if len(part)]


def sum_up(batches: list[Trades], grids: CandleGrids) -> dict[Key, Aggregate]:
    """Return the aggregates of new trades by (resolution, opening)."""
    finest: dict[int, Aggregate] = {}
    for batch in batches:
        for opening, part in aggregate(batch, LIVE_RESOLUTIONS[0]).items():
            finest[opening] = finest[opening].merge(part) if opening in finest else part
    return {
        (resolution, opening): part
        for resolution in LIVE_RESOLUTIONS
        for opening, part in coarser(finest, partial(grids.opening, resolution=resolution)).items()
    }


def apply(new: dict[Key, Aggregate], held: Held, state: SymbolState) -> CandleChanges:
    """Merge new aggregates into those held, of whatever age.

    `state.watermark` and `state.grids` are already those of the batch: a candle that
    ends at or before the watermark is complete, every other is partial.
    """
    changes = CandleChanges()
    for key, part in new.items():
        resolution, opening = key
        before = held.get(key, HeldCandle())
        if before.has_lost_its_sums:
            changes.lost.add(key)
            continue
        changes.aggregates[key] = before.aggregate.merge(part) if before.aggregate else part
        if not before.from_exchange:
            changes.write.add(key)
            complete = state.grids.end(opening, resolution) * 1_000_000 <= state.watermark
            changes.flags[key] = _flags(before.flags, complete=complete)
            continue
        changes.beside.add(key)
        if not before.marked:
            changes.flags[key] = before.flags
    return changes


def close_passed(state: SymbolState, changes: CandleChanges, held: Held) -> None:
    """Mark the newest candle of each resolution complete once the watermark has passed its end."""
    for resolution in LIVE_RESOLUTIONS:
        newest = state.grids.opening(state.watermark // 1_000_000, resolution)
        before = state.open.get(resolution)
        if before is not None and before < newest:
            key = (resolution, before)
            candle = held.get(key)
            if key not in changes.flags and candle and candle.flags & CandleFlag.PARTIAL:
                changes.flags[key] = candle.flags & ~CandleFlag.PARTIAL
        if before is None or before < newest:
            state.open[resolution] = newest


def _flags(before: int, *, complete: bool) -> int:
    flags = (before & ~CandleFlag.PARTIAL) | CandleFlag.FROM_TRADES
    return flags if complete else flags | CandleFlag.PARTIAL


def candle_series(platform: str, symbol: str) -> list[Series]:
    """Return the series that a symbol's trades build."""
    return [Series(platform, symbol, resolution) for resolution in LIVE_RESOLUTIONS]
