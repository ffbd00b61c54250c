"""What a batch of candles changes in what is already held: counted, and nothing else written."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.series import CandleFlag
from storage.candles.candle_columns import UNKNOWN_TRADES, Candles, Integers

PRICES_AND_VOLUME = ("open", "high", "low", "close", "volume")

Mask = NDArray[np.bool_]


class WriteResult(NamedTuple):
    """How many candles were new, revised, left as they were, or replaced a partial one.

    The four add up to the number of candles given. A partial candle that a newer
    partial one replaces counts under `finished` as well.
    """

    inserted: int = 0
    revised: int = 0
    unchanged: int = 0
    finished: int = 0

    def plus(self, other: "WriteResult") -> "WriteResult":
        """Return the sum of two results."""
        return WriteResult(*(a + b for a, b in zip(self, other, strict=True)))


@dataclass(frozen=True, slots=True)
class Samples:
    """What to write to one time series: times in seconds and values."""

    field: str
    time: Integers
    values: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Merge:
    """Counts, and the samples that differ from what is held, by field and for `flags`.

    `ours` and `theirs` are candles of the same times: complete ones built here from
    trades, and the exchange's finished ones that replace them and differ.
    """

    result: WriteResult
    changes: list[Samples]
    ours: Candles
    theirs: Candles


def merge(held: Candles, given: Candles) -> Merge:
    """Compare candles with those held at the same times (`held` may hold more).

    A partial candle never replaces a finished one, and of two partial ones the
    larger volume is the newer. A finished candle whose values change is marked
    REVISED; replacing a partial one is no revision. A trade count that becomes
    known is added without counting as a change; one that is unknown (-1) leaves a
    known one alone unless prices or volume change.
    """
    before = _align(held, given.time)
    new = np.isnan(before.close)
    # Built from trades of which some are known to be missing, it was no whole candle either.
    was_partial = ~new & _has(before, CandleFlag.PARTIAL | CandleFlag.GAP)
    is_partial = _has(given, CandleFlag.PARTIAL)
    differs = ~new & _differs(before, given)
    newer = np.where(was_partial, ~is_partial | (given.volume >= before.volume), ~is_partial)
    finished = was_partial & newer & (differs | ~is_partial)
    revised = ~new & ~was_partial & newer & differs
    counted = ~new & ~was_partial & ~is_partial & ~differs & (given.trades > before.trades)
    flags = np.where(revised, given.flags | CandleFlag.REVISED, given.flags)
    flags = np.where(counted, before.flags, flags)
    after = given.replace(flags=flags)
    changes = _changes(before, after, new | finished | revised | counted)
    from_trades, built_again = (_has(c, CandleFlag.FROM_TRADES) for c in (before, given))
    differing = revised & from_trades & ~built_again
    counts = _count(new, revised, finished)
    return Merge(counts, changes, before.take(differing), given.take(differing))


def _align(held: Candles, time: Integers) -> Candles:
    """Return what is held at each time; where nothing is, NaN and no flags."""
    place = np.searchsorted(held.time, time)
    known = place < len(held)
    known[known] = held.time[place[known]] == time[known]
    columns: dict[str, NDArray[Any]] = {"time": time}
    for name, column in held.columns().items():
        if name != "time":
            columns[name] = np.full(len(time), _ABSENT.get(name, np.nan), column.dtype)
            columns[name][known] = column[place[known]]
    return Candles(**columns)


_ABSENT = {"trades": UNKNOWN_TRADES, "flags": 0}


def _has(candles: Candles, flag: CandleFlag) -> Mask:
    mask: Mask = (candles.flags & flag) != 0
    return mask


def _differs(before: Candles, given: Candles) -> Mask:
    differs: Mask = (before.trades >= 0) & (given.trades >= 0) & (before.trades != given.trades)
    old, new = before.columns(), given.columns()
    for name in PRICES_AND_VOLUME:
        differs |= old[name] != new[name]
    return differs


def _changes(before: Candles, after: Candles, chosen: Mask) -> list[Samples]:
    old, new = before.columns(), after.columns()
    changes = []
    for name in (*PRICES_AND_VOLUME, "trades", "flags"):
        mask = chosen & (old[name] != new[name])
        if mask.any():
            changes.append(Samples(name, after.time[mask], new[name][mask]))
    return changes


def _count(new: Mask, revised: Mask, finished: Mask) -> WriteResult:
    inserted, changed, ended = (int(np.count_nonzero(mask)) for mask in (new, revised, finished))
    return WriteResult(inserted, changed, len(new) - inserted - changed - ended, ended)
