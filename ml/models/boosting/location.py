"""Which way the median moves, as far as held-out moves prove it: mostly nowhere."""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.features.model_inputs import SIGN_INPUTS, columns_of
from ml.models.boosting.booster import Objective
from ml.models.boosting.one_standard_error import SHARES
from ml.models.boosting.ridge import Ridge
from ml.models.boosting.training_set import TrainingSet, Trees

Floats = NDArray[np.float64]

PENALTY = 0.1
# Moves beyond so many sizes count as this many: one crash must not set the sign of all.
CLIP = 3.0
COLUMNS = columns_of(SIGN_INPUTS)
# A median of one size is about so many log-odds; calibration finds the exact number.
ODDS_A_SIZE = 2.0


class Location(msgspec.Struct, frozen=True):
    """A fitted median move in units of the move's size.

    `linear_share` and `tree_share` are how much of each part is believed.
    """

    linear: Ridge
    linear_share: float
    tree_share: float
    trees: Trees | None

    @classmethod
    def fit(cls, training: TrainingSet, move: Floats, size: Floats) -> Self:
        """Learn from the moves (log-returns) that followed and the sizes foreseen for them."""
        full = cls._learn(training, move, size, 1.0, 1.0)
        assert full.trees is not None
        choices = [(0.0, 0.0), *((s, 0.0) for s in SHARES[1:]), *((s, s) for s in SHARES[1:])]
        held_out = training.held_out
        plain = size[held_out] * full.linear.predict(training.held_out_inputs[:, COLUMNS])
        correction = size[held_out] * full.trees.predict(training.held_out_inputs)
        losses = [np.abs(move[held_out] - a * plain - b * correction) for a, b in choices]
        linear_share, tree_share = (float(share) for share in choices[training.choose(losses)])
        return cls(full.linear, linear_share, tree_share, full.trees if tree_share else None)

    def refit(self, training: TrainingSet, move: Floats, size: Floats) -> Self:
        """Learn the same anew from other rows, and believe as much of it."""
        return self._learn(training, move, size, self.linear_share, self.tree_share)

    @classmethod
    def _learn(
        cls,
        training: TrainingSet,
        move: Floats,
        size: Floats,
        linear_share: float,
        tree_share: float,
    ) -> Self:
        target = np.clip(move / size, -CLIP, CLIP)
        columns = training.inputs[:, COLUMNS]
        linear = Ridge.fit(columns[training.learn], target[training.learn], PENALTY)
        trees = None
        if tree_share:
            trees = training.boost(Objective("mean"), target - linear.predict(columns))
        return cls(linear, linear_share, tree_share, trees)

    def raw(self, inputs: Floats) -> Floats:
        """Return the linear part in full, believed or not."""
        return self.linear.predict(inputs[:, COLUMNS])

    def predict(self, inputs: Floats) -> Floats:
        """Return the median move of each row in units of its size, as far as believed."""
        median = self.linear_share * self.raw(inputs)
        if self.trees is not None:
            median = median + self.tree_share * self.trees.predict(inputs)
        return np.asarray(median)
