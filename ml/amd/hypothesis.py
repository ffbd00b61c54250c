"""Whether phases foretell anything in their own series: against phases turned in time.

Size: do the phases tell apart how far prices move (ranks of the absolute move), also within
regimes of volatility, which alone say much of it? Direction: do prices go, after sweeps and
after breakouts, to the side that is claimed, beyond the drift of the series? Each is asked 1,
4 and 16 candles ahead, and all looks of a series are corrected together (Holm).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.multiple_testing import holm
from ml.amd.phases import DISTRIBUTION, MANIPULATION, PHASES, Phases
from ml.data import labels
from ml.features.history import History
from ml.features.regimes import volatility_regimes
from ml.features.table import feature_table
from ml.scoring.turned_labels import explained_when_turned, sums_when_turned, turned_p_value

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

HORIZONS = (1, 4, 16)
SIZE, SIZE_GIVEN_VOLATILITY, DIRECTION = "size", "size_given_volatility", "direction"
BASELINE, ALL = "volatility_regime", "all"
LEVEL = 0.05
# A single move counts for at most so many volatilities.
CLIP = 5.0
_LEAST_SPREAD = 1e-9
DAY = 86_400
# Fewer candles, or fewer of the longest turns, decide nothing.
LEAST_CANDLES, LEAST_TURNS = 1_000, 10


class Look(msgspec.Struct, frozen=True):
    """One question: `effect` is a share of variance (size) or volatilities a candle (direction).

    `p_value` is of all turns of this question alone, `adjusted` allows for all questions of
    the series. `passed`: so little is left to chance, and of directions, it is the side claimed.
    """

    asked: str
    phase: str
    horizon: int
    n: int
    effect: float
    p_value: float
    adjusted: float = 1.0
    passed: bool = False


def least_turn(resolution: int) -> int:
    """Return by how many candles phases are turned at least: a day, and twice the horizon."""
    return max(DAY // resolution, 2 * max(HORIZONS), 50)


def look_for_effects(phases: Phases) -> list[Look]:
    """Return the answer to every question; none where the history is too short to ask any.

    The last of each horizon, how regimes of volatility alone tell sizes apart, is no question
    about phases: it is the baseline beside them, and not corrected for.
    """
    least = least_turn(phases.history.resolution)
    if int(phases.known.sum()) < max(LEAST_CANDLES, LEAST_TURNS * least):
        return []
    asking = _Asking.of(phases, least)
    looks = [look for horizon in HORIZONS for look in asking.at(horizon)]
    adjusted = holm([look.p_value for look in looks])
    judged = [_judged(look, p_value) for look, p_value in zip(looks, adjusted, strict=True)]
    return judged + [asking.baseline(horizon) for horizon in HORIZONS]


def _judged(look: Look, adjusted: float) -> Look:
    right = look.asked != DIRECTION or look.effect > 0
    passed = right and adjusted <= LEVEL
    return msgspec.structs.replace(look, adjusted=adjusted, passed=passed)


@dataclass(frozen=True, eq=False)
class _Asking:
    """One element a candle: its phase, the side of it, its regime of volatility."""

    history: History
    known: NDArray[np.bool_]
    code: NDArray[np.intp]
    side: NDArray[np.int8]
    regime: NDArray[np.intp]
    least: int

    @classmethod
    def of(cls, phases: Phases, least: int) -> "_Asking":
        history = phases.history
        table = feature_table(history.frame, history.sessions, ("ewma_volatility_32",))
        regime = volatility_regimes(table, history.resolution)
        codes = phases.codes.astype(np.intp)
        return cls(history, phases.known, codes, phases.sides, regime.astype(np.intp), least)

    def at(self, horizon: int) -> Iterator[Look]:
        """Ask all that is asked so many candles ahead."""
        rows, move = self._known_moves(horizon)
        code, side, size = self.code[rows], self.side[rows], _ranks(np.abs(move))
        yield self._size(SIZE, code, size, horizon)
        beyond = _within(size, self.regime[rows])
        yield self._size(SIZE_GIVEN_VOLATILITY, code, beyond, horizon)
        drift = np.clip(move, -CLIP, CLIP)
        drift = drift - drift.mean()
        for phase in (MANIPULATION, DISTRIBUTION):
            bias = np.where(code == phase, side, 0).astype(np.float64)
            yield self._direction(phase, bias, drift, horizon)

    def baseline(self, horizon: int) -> Look:
        """Ask what regimes of volatility alone say of sizes."""
        rows, move = self._known_moves(horizon)
        return self._size(BASELINE, self.regime[rows], _ranks(np.abs(move)), horizon)

    def _known_moves(self, horizon: int) -> tuple[Rows, Floats]:
        move = _moves(self.history, horizon)
        rows = np.flatnonzero(self.known & np.isfinite(move))
        return rows, move[rows]

    def _size(self, asked: str, code: NDArray[np.intp], size: Floats, horizon: int) -> Look:
        explained = explained_when_turned(code, size)
        p_value = turned_p_value(explained, self.least)
        return Look(asked, ALL, horizon, len(code), float(explained[0]), p_value)

    def _direction(self, phase: int, bias: Floats, drift: Floats, horizon: int) -> Look:
        sums = sums_when_turned(bias, drift)
        # Phases know how restless it is: a turned phase meets calmer or wilder moves than its
        # own, so that sums are compared in units of what the same moves could sum up to.
        spread = np.sqrt(np.maximum(sums_when_turned(bias**2, drift**2), _LEAST_SPREAD))
        n = int(np.count_nonzero(bias))
        p_value = turned_p_value(np.abs(sums) / spread, self.least)
        effect = float(sums[0]) / n if n else 0.0
        return Look(DIRECTION, PHASES[phase].value, horizon, n, effect, p_value)


def _moves(history: History, horizon: int) -> Floats:
    """Return each candle's coming log-return in volatilities, NaN where it is not known."""
    rows = history.learnable(horizon)
    moves = np.full(len(history.times), np.nan)
    unit = history.horizon_volatility(rows, horizon)
    moves[rows] = labels.moves(history.path, rows, horizon) / unit
    return moves


def _ranks(values: Floats) -> Floats:
    """Return ranks from 0 to 1: the largest move counts for no more than its place."""
    ranks = np.empty(len(values))
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return ranks / max(len(values) - 1, 1)


def _within(values: Floats, groups: NDArray[np.intp]) -> Floats:
    """Return what of values is left beyond the means of their groups."""
    left = values.copy()
    for group in np.unique(groups):
        left[groups == group] -= values[groups == group].mean()
    return left
