"""How far prices will move, up or down: the scale on which all else is learnt.

The logarithm of the coming move's size is nearly linear in the logarithms of
volatilities over several windows: Corsi, A Simple Approximate Long-Memory Model
of Realized Volatility (2009), with the clock added. Trees correct it as far as
held-out moves ask for.
"""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.models.boosters import Task
from ml.models.caution import SHARES
from ml.models.inputs import SIZE_INPUTS, columns_of
from ml.models.lesson import Lesson, Trees
from ml.models.ridge import Ridge

Floats = NDArray[np.float64]

PENALTY = 1e-3
# Moves below this share of the mean one say "small" and no more: log(0) must not steer.
FLOOR = 0.05
LEAST_SIZE = 1e-7
COLUMNS = columns_of(SIZE_INPUTS)


class MoveSize(msgspec.Struct, frozen=True):
    """A fitted size of moves, in log-returns."""

    linear: Ridge
    share: float
    trees: Trees | None

    @classmethod
    def fit(cls, lesson: Lesson, size: Floats) -> Self:
        """Learn from `size`, the non-negative size of the move that followed each row."""
        floor = max(FLOOR * float(size[lesson.learn].mean()), LEAST_SIZE)
        target = np.log(size + floor)
        linear = Ridge.fit(lesson.inputs[lesson.learn][:, COLUMNS], target[lesson.learn], PENALTY)
        plain = linear.predict(lesson.inputs[:, COLUMNS])
        trees = lesson.boost(Task("mean"), target - plain)
        correction = trees.predict(lesson.inputs)
        losses = [np.square(target - plain - share * correction) for share in SHARES]
        share = float(SHARES[lesson.choose(losses)])
        return cls(linear, share, trees if share else None)

    def predict(self, inputs: Floats) -> Floats:
        """Return the expected size after each row of model inputs."""
        logarithm = self.linear.predict(inputs[:, COLUMNS])
        if self.trees is not None:
            logarithm = logarithm + self.share * self.trees.predict(inputs)
        return np.asarray(np.maximum(np.exp(logarithm), LEAST_SIZE))
