"""What signals came to at every candle, open positions marked at its close."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.clock.resolutions import DAY
from ml.record.signal_columns import SignalColumns
from ml.scoring.follow_positions import ExitColumns, follow
from ml.scoring.signal_outcome import Bars

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Changes:
    """By how much the sum of all positions, and of the open ones alone, changed at `time` (s).

    In units of R; a time may come more than once.
    """

    time: Integers
    total: Floats
    open: Floats

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return all changes of several."""
        none = np.empty(0, np.int64), np.empty(0), np.empty(0)
        columns = zip(none, *((part.time, part.total, part.open) for part in parts), strict=True)
        return cls(*(np.concatenate(some) for some in columns))


@dataclass(frozen=True, eq=False, slots=True)
class Equity:
    """The sum of all positions, and of the open ones, after each instant (s), in units of R."""

    time: Integers
    total: Floats
    open: Floats

    @classmethod
    def of(cls, changes: Changes) -> Self:
        """Return the running sums of changes."""
        time, place = np.unique(changes.time, return_inverse=True)
        sums = [
            np.cumsum(np.bincount(place, weights=each, minlength=len(time))).astype(np.float64)
            for each in (changes.total, changes.open)
        ]
        return cls(time, *sums)

    @property
    def max_drawdown(self) -> float:
        """The deepest fall below a height that was reached before, which is 0 at the start."""
        heights = np.maximum.accumulate(np.concatenate([[0.0], self.total]))[1:]
        return float(np.max(heights - self.total, initial=0.0))

    @property
    def worst_open(self) -> float:
        """The lowest that all open positions together ever stood at, 0 at best."""
        return float(np.min(self.open, initial=0.0))

    def by_day(self, days: Integers) -> Floats:
        """Return by how much the sum changed on each of ascending days (since 1970, UTC)."""
        sums = np.concatenate([[0.0], self.total])
        # What is marked at midnight is the last of the day before.
        at_end = sums[np.searchsorted(self.time, (days + 1) * DAY, side="right")]
        before = sums[np.searchsorted(self.time, days[:1] * DAY, side="right")]
        return np.diff(np.concatenate([before, at_end]))


def changes_of(signals: SignalColumns, bars: Bars, step: int) -> Changes:
    """Return how the positions of signals went on bars `step` (s) long, marked at their closes.

    What is in the ledger counts as it stands there, from when it was closed: as the ledger says,
    else from the close of the bar that touched an exit, or from the end. Until then, and while it
    has no outcome, a position is marked at what its end at that close would have earned after
    costs. What nobody could enter changes nothing.
    """
    signals = signals.take(signals.entered)
    known, r = np.isfinite(signals.earned), signals.r
    first = np.searchsorted(bars.time, signals.entries(step))
    exits = ExitColumns(signals.side, signals.take_profit, signals.stop_loss, signals.spread)
    ends = follow(bars, first, np.searchsorted(bars.time, signals.end), exits)
    closed_at = signals.end.copy()
    closed_at[ends.touched] = bars.time[ends.last[ends.touched]] + step
    closed_at = np.where(known & (signals.closed_at >= 0), signals.closed_at, closed_at)
    # One with an outcome is marked at closes before its end, one without up to its touch.
    before = np.searchsorted(bars.time, closed_at - step) - 1
    last = np.where(known, np.minimum(before, ends.last), ends.last)
    of, row = _flat(first, np.where(ends.entered, np.maximum(last + 1 - first, 0), 0))
    price = bars.close[row] * np.where(signals.side < 0, 1 + signals.spread, 1.0)[of]
    price = np.where((row == ends.last[of]) & ~known[of], ends.price[of], price)
    earned = signals.side[of] * np.log(price / ends.entry[of]) - 2 * signals.fee[of]
    mark = np.expm1(earned) / signals.risk[of]
    begins = np.diff(of, prepend=-1) > 0
    change = mark - np.where(begins, 0.0, np.concatenate([[0.0], mark])[:-1])
    stood = np.zeros(len(first))
    stood[of] = mark  # of several marks the last stays
    return Changes(
        np.concatenate([bars.time[row] + step, closed_at[known]]),
        np.concatenate([change, (r - stood)[known]]),
        np.concatenate([change, -stood[known]]),
    )


def _flat(first: Integers, count: Integers) -> tuple[Integers, Integers]:
    """Return which position each of `count` bars from `first` on belongs to, and the bars."""
    of = np.repeat(np.arange(len(first)), count)
    before = np.concatenate([[0], np.cumsum(count)[:-1]]) if len(count) else count
    return of, np.asarray(np.arange(len(of)) - before[of] + first[of], np.int64)
