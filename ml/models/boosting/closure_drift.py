"""Which way prices jump while the market is closed, where past closures leave no doubt.

A closure happens once a day or a week: there are too few for trees, and to hold some of
them out. So one number is learnt of each sort of closure, in volatilities of a candle:
by how much prices jumped, either to one side, or the way they had gone before. It counts
only where a t-test that allows for all that were tried says so, and is shrunk by what
may be luck in it.
"""

import math
from collections.abc import Sequence
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr  # type: ignore[import-untyped]

from core.clock.resolutions import DAY
from ml.data import labels
from ml.features.closures import closed_before_targets
from ml.features.history import History
from ml.features.model_inputs import INPUTS, LEVEL_CENTRE, RETURNS, columns_of
from ml.models.boosting.input_reader import CLOSURES

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]

# By luck, prices without any such habit pass in one of fifty trainings: half of those by a
# jump to one side, half by one the way they had gone.
P_VALUE = 0.02
LEAST_CLOSURES = 5
LEVEL = INPUTS.index("level")
CLOSED, CLOSED_LONG = CLOSURES[:2]
WAYS = columns_of(RETURNS)


class Jump(msgspec.Struct, frozen=True):
    """A jump of so many volatilities of a candle, upwards or in the sign of one of `INPUTS`."""

    size: float
    sign_of: int | None = None

    @classmethod
    def learn(cls, jumps: Floats, inputs: Floats) -> Self | None:
        """Return the surest of what explains `jumps`, each after a row of `inputs`; None if none.

        `jumps` are in volatilities.
        """
        if len(jumps) < LEAST_CLOSURES:
            return None
        sides: list[tuple[int | None, Floats]] = [(None, np.ones(len(jumps)))]
        sides += [(way, np.sign(inputs[:, way])) for way in WAYS]
        tried = [1, *(len(WAYS) for _ in WAYS)]
        t_values = [abs(_t_value(jumps, side)) for _, side in sides]
        p_values = [2 * n * stdtr(len(jumps) - 1, -t) for n, t in zip(tried, t_values, strict=True)]
        best = int(np.argmin(p_values))
        if p_values[best] > P_VALUE / 2:
            return None
        sign_of, side = sides[best]
        return cls(_slope(jumps, side) * (1 - 1 / t_values[best] ** 2), sign_of)

    def of(self, inputs: Floats) -> Floats:
        """Return the jump expected after each row of `inputs`, in volatilities."""
        side = 1.0 if self.sign_of is None else np.sign(inputs[:, self.sign_of])
        return np.asarray(self.size * side * np.ones(len(inputs)))


class ClosureDrift(msgspec.Struct, frozen=True):
    """The jumps expected over closures of at most a day, and over longer ones."""

    short: Jump | None = None
    long: Jump | None = None

    @classmethod
    def learn(cls, history: History, rows: Rows, inputs: Floats) -> Self:
        """Learn from the closures that follow right after one of `rows`, whose inputs are given."""
        before, long = _closes_next(history, rows)
        jumps = labels.moves(history.path, rows, 1) / _volatility(inputs)
        sorts: Sequence[Bools] = (before & ~long, long)
        return cls(*(Jump.learn(jumps[sort], inputs[sort]) for sort in sorts))

    def path_without(self, history: History, rows: Rows, inputs: Floats) -> labels.Path:
        """Return the prices as if the jumps expected after `rows` had not been."""
        path = history.path
        if self.short is None and self.long is None:
            return path
        jumps, before = np.zeros(len(path.close)), _closes_next(history, rows)[0]
        jumps[rows[before] + 1] = self.predict(inputs[before])
        kept = np.exp(-np.cumsum(jumps))
        return labels.Path(path.high * kept, path.low * kept, path.close * kept)

    def predict(self, inputs: Floats) -> Floats:
        """Return the log-move to expect of the closures before each row's target."""
        drift = np.zeros(len(inputs))
        if self.short is None and self.long is None:
            return drift
        long = inputs[:, CLOSED_LONG] > 0
        for jump, crossed in ((self.short, (inputs[:, CLOSED] > 0) & ~long), (self.long, long)):
            if jump is not None:
                drift[crossed] = jump.of(inputs[crossed]) * _volatility(inputs[crossed])
        return drift

    def sides(self, inputs: Floats) -> tuple[Floats, Floats]:
        """Return how far that is up, and how far down, both from 0 on."""
        drift = self.predict(inputs)
        return np.maximum(drift, 0), np.maximum(-drift, 0)


def _closes_next(history: History, rows: Rows) -> tuple[Bools, Bools]:
    """Say of each row whether the market was closed right after it, and whether for long."""
    closed = closed_before_targets(history.times, rows, 1, history.resolution)
    return closed > 0, closed > DAY


def _volatility(inputs: Floats) -> Floats:
    return np.asarray(np.exp(inputs[:, LEVEL] - LEVEL_CENTRE))


def _slope(jumps: Floats, side: Floats) -> float:
    return float(side @ jumps / max(float(side @ side), 1.0))


def _t_value(jumps: Floats, side: Floats) -> float:
    """Return the slope of `jumps` on `side` in standard errors, through the origin."""
    slope = _slope(jumps, side)
    left = jumps - slope * side
    error = math.sqrt(float(left @ left) / (len(jumps) - 1) / max(float(side @ side), 1.0))
    return slope / error if error > 0 else 0.0
