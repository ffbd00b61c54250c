"""How entries compare with random ones: same exits, sides, count and hours, other moments.

Signals of one stretch tell much the same. A run of positions that overlap in time is
therefore moved as a whole, to a candle of the same hour of the day (UTC): entries
that came in clusters are compared with entries that do.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.clock.grids import PLAIN, Grid
from core.clock.openings import ends
from ml.record.signal_columns import SignalColumns
from ml.scoring.follow_positions import ExitColumns, follow
from ml.scoring.signal_outcome import Bars

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SETS = 1_000
# With fewer positions, or fewer places for a run, nothing is compared.
LEAST_POSITIONS, LEAST_PLACES = 10, 10
# So many positions of a slot are followed, places drawn where there are more.
MOST_FOLLOWED = 60_000
# A run that goes on is cut after so many horizons: else there were no other place for it.
LONGEST_RUN = 10
_HOUR = 3_600


class SlotCandles(NamedTuple):
    """A slot's own candles and the fine ones (`step` s long) on which its positions end.

    `horizon` counts own candles, each `resolution` s long, that open on `grid`. Its signals,
    whatever they said, have their first candles from `since` to `until` (s).
    """

    own: Bars
    fine: Bars
    step: int
    resolution: int
    horizon: int
    since: int
    until: int
    grid: Grid = PLAIN


class Compared(NamedTuple):
    """The sum of R of what was done, and of each random set."""

    done: float
    sets: Floats


def compare(signals: SignalColumns, slot: SlotCandles, seed: int = 0) -> Compared | None:
    """Compare the positions of one slot with random ones; None where too few can be.

    Both are followed on the same candles by the same rule, between the slot's first signal
    and its last. A position whose own candles are not all held counts in neither.
    """
    signals = signals.take(np.isfinite(signals.earned))
    place = np.searchsorted(slot.own.time, signals.first_opening)
    last = len(slot.own.time) - slot.horizon
    held = (place > 0) & (place <= last)
    held[held] = slot.own.time[place[held]] == signals.first_opening[held]
    signals, place = signals.take(held), place[held]
    if len(place) < LEAST_POSITIONS:
        return None
    random = np.random.default_rng(seed)
    runs = list(_runs(place, slot, last, random))
    if any(len(among) < LEAST_PLACES for _, among in runs):
        return None
    every = np.arange(len(place))
    done = float(_earned(signals, slot, every, place).sum())
    of = np.concatenate([np.repeat(run, len(among)) for run, among in runs])
    at = [(place[run] - place[run[0]])[:, None] + among[None, :] for run, among in runs]
    earned = _earned(signals, slot, of, np.concatenate([some.ravel() for some in at]))
    sets, begin = np.zeros(SETS), 0
    for run, among in runs:
        end = begin + len(run) * len(among)
        sums = earned[begin:end].reshape(len(run), -1).sum(axis=0)
        sets += sums[random.integers(len(among), size=SETS)]
        begin = end
    return Compared(done, sets)


def percentile(parts: Sequence[Compared]) -> float | None:
    """Return the share (percent) of random sets that did worse, ties by half; of several slots.

    Uniform from 0 to 100 where entries are no better than random ones.
    """
    if not parts:
        return None
    done = sum(part.done for part in parts)
    sets = np.sum([part.sets for part in parts], axis=0)
    same = np.isclose(sets, done, rtol=1e-12, atol=1e-12)
    return float(100 * (((sets < done) & ~same).mean() + same.mean() / 2))


def _runs(
    place: Integers, slot: SlotCandles, last: int, random: np.random.Generator
) -> Iterator[tuple[Integers, Integers]]:
    """Yield the positions of each run, and the places to which its first may be moved."""
    earliest = max(1, int(np.searchsorted(slot.own.time, slot.since)))
    latest = min(last, int(np.searchsorted(slot.own.time, slot.until, side="right")) - 1)
    most = max(2 * LEAST_PLACES, MOST_FOLLOWED // len(place))
    hour = slot.own.time // _HOUR % 24
    starts = np.flatnonzero(np.diff(place, prepend=place[0] - slot.horizon) >= slot.horizon)
    whole = np.split(np.arange(len(place)), starts[1:])
    longest = LONGEST_RUN * slot.horizon
    for run in [part for every in whole for part in _cut(every, place, longest)]:
        first, reach = place[run[0]], place[run[-1]] - place[run[0]]
        among = np.arange(earliest, latest - reach + 1)
        among = among[hour[among] == hour[first]]
        if len(among) > most:
            among = random.choice(among, most, replace=False)
        yield run, among


def _cut(run: Integers, place: Integers, longest: int) -> list[Integers]:
    """Return a run in parts that reach over so many candles at most."""
    part = (place[run] - place[run[0]]) // longest
    return np.split(run, np.flatnonzero(np.diff(part)) + 1)


def _earned(signals: SignalColumns, slot: SlotCandles, of: Integers, place: Integers) -> Floats:
    """Return the R of positions like those `of` signals, at the own candles `place`."""
    own, fine, side = slot.own, slot.fine, signals.side[of]
    lag = signals.entries(slot.step) - signals.first_opening
    first = np.searchsorted(fine.time, own.time[place] + lag[of])
    over = ends(own.time, slot.resolution, slot.grid)[place + slot.horizon - 1]
    scale = own.close[place - 1] / signals.price[of]
    profit, stop = scale * signals.take_profit[of], scale * signals.stop_loss[of]
    exits = ExitColumns(side, profit, stop, signals.spread[of])
    ended = follow(fine, first, np.searchsorted(fine.time, over), exits)
    earned = np.expm1(ended.log_return(side) - 2 * signals.fee[of])
    return np.where(ended.entered, earned / signals.risk[of], 0.0)
