"""Accumulation, manipulation, distribution: a quiet range, a sweep beyond it and back, a breakout.

Wyckoff's trading ranges and the "power of three" of today's charts say the same in many words
and leave their numbers open. This is one causal definition without units or calendar, whose
numbers are `PhaseRules`: the phase of a candle follows from that candle and earlier ones, back
to the last gap, and never changes afterwards.

From none, a range is *accumulation* where it is narrow against its past and went nowhere: its
extremes are the box. A candle that goes beyond one side of the box and closes within it is
*manipulation*; going beyond both sides says nothing. A close well beyond the box is
*distribution*, which ends after as many candles as made the box, or with a close back in it.
A box that is older than twice the look-back is given up.

Whether any of this foretells prices is for `ml.amd.hypothesis` to say.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.amd.measures import Measures, PhaseRules
from ml.features.history import History

Codes = NDArray[np.int8]


class Phase(StrEnum):
    """What a market is in."""

    NONE = "none"
    ACCUMULATION = "accumulation"
    MANIPULATION = "manipulation"
    DISTRIBUTION = "distribution"


PHASES = tuple(Phase)
NONE, ACCUMULATION, MANIPULATION, DISTRIBUTION = range(len(PHASES))


class Box(NamedTuple):
    """A quiet range: its extremes, its first candle, and the one with which it was recognised."""

    high: float
    low: float
    first: int
    known: int


class Episode(NamedTuple):
    """A stretch of one phase from the candle `start` on; `code` is an index into `PHASES`.

    `side` is 1 where prices are expected up (the low was swept, or the breakout is upwards),
    -1 where down, else 0; `extreme` is how far a sweep went. `fresh`: not a range that a sweep
    merely interrupted.
    """

    start: int
    code: int
    side: int = 0
    box: Box | None = None
    extreme: float = 0.0
    fresh: bool = True


@dataclass(frozen=True, eq=False)
class Phases:
    """All episodes of a history, one after another, and what they were told by."""

    history: History
    rules: PhaseRules
    measures: Measures
    episodes: list[Episode]

    @cached_property
    def codes(self) -> Codes:
        """Return the phase of each candle, as an index into `PHASES`."""
        return self._spread([episode.code for episode in self.episodes])

    @cached_property
    def sides(self) -> Codes:
        """Return the side of each candle's phase."""
        return self._spread([episode.side for episode in self.episodes])

    @property
    def known(self) -> NDArray[np.bool_]:
        """Say of each candle whether enough precede it without a gap, so that it has a phase."""
        return self.history.run > self.rules.warm_up

    def _spread(self, values: list[int]) -> Codes:
        starts = [episode.start for episode in self.episodes]
        lengths = np.diff([*starts, len(self.history.times)])
        return np.repeat(np.array(values, np.int8), lengths)


def find_phases(history: History, rules: PhaseRules) -> Phases:
    """Return the phases of a history."""
    measures = Measures.of(history, rules)
    walk = _Walk(history, measures, rules)
    starts = np.flatnonzero(history.run == 1).tolist()
    ends = [*starts[1:], len(history.times)]
    episodes = [
        episode for begin, end in zip(starts, ends, strict=True) for episode in walk.run(begin, end)
    ]
    return Phases(history, rules, measures, episodes)


class _Walk:
    """Goes through candles one by one; columns are lists, which plain Python reads faster."""

    def __init__(self, history: History, measures: Measures, rules: PhaseRules) -> None:
        path = history.path
        self._rules = rules
        self._high, self._low = path.high.tolist(), path.low.tolist()
        self._close = path.close.tolist()
        self._ceiling, self._floor = measures.ceiling.tolist(), measures.floor.tolist()
        self._true_range = measures.true_range.tolist()
        narrow = measures.compression <= rules.compressed
        still = np.abs(measures.drift) <= (measures.ceiling - measures.floor) / 2
        self._rests = (narrow & still).tolist()

    def run(self, begin: int, end: int) -> list[Episode]:
        """Return the episodes of candles that follow one another without a gap."""
        found = [Episode(begin, NONE)]
        for row in range(begin + self._rules.warm_up, end):
            following = self._following(found[-1], row)
            if following is not None:
                found.append(following)
        return found

    def _following(self, current: Episode, row: int) -> Episode | None:
        """Return the episode that begins with a candle, None where the current one goes on."""
        if current.box is None:
            return self._range_at(row)
        if current.code == DISTRIBUTION:
            inside = current.box.low <= self._close[row] <= current.box.high
            over = row - current.start >= self._rules.box
            return Episode(row, NONE) if inside or over else None
        return self._breakout(current.box, row) or self._within(current, current.box, row)

    def _range_at(self, row: int) -> Episode | None:
        if not self._rests[row]:
            return None
        first = row - self._rules.box + 1
        return Episode(row, ACCUMULATION, box=Box(self._ceiling[row], self._floor[row], first, row))

    def _breakout(self, box: Box, row: int) -> Episode | None:
        close, margin = self._close[row], self._rules.beyond * self._true_range[row]
        side = int(close > box.high + margin) - int(close < box.low - margin)
        return Episode(row, DISTRIBUTION, side, box) if side else None

    def _within(self, current: Episode, box: Box, row: int) -> Episode | None:
        side = self._swept(box, row)
        if side:
            extreme = self._low[row] if side > 0 else self._high[row]
            return Episode(row, MANIPULATION, side, box, extreme)
        if current.code == MANIPULATION:
            over = row - current.start >= self._rules.sweep_lasts
            return Episode(row, ACCUMULATION, box=box, fresh=False) if over else None
        old = row - box.known > 2 * self._rules.lookback
        return Episode(row, NONE) if old else None

    def _swept(self, box: Box, row: int) -> int:
        """Return 1 if a candle swept the low of the box, -1 if the high, 0 if neither or both."""
        if not box.low <= self._close[row] <= box.high:
            return 0
        margin = self._rules.pierce * self._true_range[row]
        above = self._high[row] > box.high and self._high[row] >= box.high + margin
        below = self._low[row] < box.low and self._low[row] <= box.low - margin
        return int(below) - int(above)
