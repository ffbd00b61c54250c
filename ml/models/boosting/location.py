"""Which way the median moves, as far as held-out moves prove it: mostly nowhere."""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.features.model_inputs import SIGN_INPUTS, columns_of
from ml.models.boosting.boosters import Task
from ml.models.boosting.one_standard_error import SHARES
from ml.models.boosting.ridge import Ridge
from ml.models.boosting.training_set import Lesson, Trees

Floats = NDArray[np.float64]

PENALTY = 0.1
# Moves beyond so many sizes count as this many: one crash must not set the sign of all.
CLIP = 3.0
COLUMNS = columns_of(SIGN_INPUTS)


class MoveDrift(msgspec.Struct, frozen=True):
    """A fitted median move in units of the move's size.

    `linear_share` and `tree_share` are how much of each part is believed.
    """

    linear: Ridge
    linear_share: float
    tree_share: float
    trees: Trees | None

    @classmethod
    def fit(cls, lesson: Lesson, move: Floats, size: Floats) -> Self:
        """Learn from the moves (log-returns) that followed and the sizes foreseen for them."""
        target = np.clip(move / size, -CLIP, CLIP)
        linear = Ridge.fit(lesson.inputs[lesson.learn][:, COLUMNS], target[lesson.learn], PENALTY)
        trees = lesson.boost(Task("mean"), target - linear.predict(lesson.inputs[:, COLUMNS]))
        choices = [(0.0, 0.0), *((s, 0.0) for s in SHARES[1:]), *((s, s) for s in SHARES[1:])]
        held = lesson.held
        plain = size[held] * linear.predict(lesson.held_inputs[:, COLUMNS])
        correction = size[held] * trees.predict(lesson.held_inputs)
        losses = [np.abs(move[held] - a * plain - b * correction) for a, b in choices]
        linear_share, tree_share = (float(share) for share in choices[lesson.choose(losses)])
        return cls(linear, linear_share, tree_share, trees if tree_share else None)

    def raw(self, inputs: Floats) -> Floats:
        """Return the linear part in full, believed or not."""
        return self.linear.predict(inputs[:, COLUMNS])

    def predict(self, inputs: Floats) -> Floats:
        """Return the median move of each row in units of its size, as far as believed."""
        drift = self.linear_share * self.raw(inputs)
        if self.trees is not None:
            drift = drift + self.tree_share * self.trees.predict(inputs)
        return np.asarray(drift)
