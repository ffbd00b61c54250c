"""How far prices will move, up or down: the scale on which all else is learnt.

The plainest such scale is the EWMA volatility at hand. The logarithm of what
comes over it is nearly linear in the logarithms of volatilities over several
windows (Corsi, A Simple Approximate Long-Memory Model of Realized Volatility,
2009) and in the clock; trees add what is not. Both are believed as far as
held-out moves ask for.
"""

from collections.abc import Sequence
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.features.closures import CLOSURE_INPUTS
from ml.features.model_inputs import INPUTS, SIZE_INPUTS, columns_of
from ml.models.boosting.booster import Objective
from ml.models.boosting.one_standard_error import SHARES
from ml.models.boosting.ridge import Ridge
from ml.models.boosting.training_set import TrainingSet, Trees
from ml.scoring.scores import quantile_loss

Floats = NDArray[np.float64]

# A penalty for each candle of the horizon: labels that overlap hold less news each.
PENALTY, MOST_PENALTY = 0.02, 0.5
# Moves below this share of the mean one say "small" and no more: log(0) must not steer.
FLOOR = 0.05
LEAST_SIZE = 1e-7
# A scale is as good as the bounds of moves that it gives at these levels.
JUDGED_AT = (0.8, 0.95)
# Of what was foreseen in training, in units of the plain scale, less than this quantile is not
# believed: inputs that are all small at once, as those of broken candles, are no calm.
LEAST_BELIEVED = 0.005
# Files of earlier versions know no closures, which stand at the end.
COLUMNS = columns_of((*SIZE_INPUTS, *CLOSURE_INPUTS))
LEVEL = INPUTS.index("level")


class Scale(msgspec.Struct, frozen=True):
    """A fitted size of moves, in log-returns but for a constant factor."""

    linear: Ridge
    linear_share: float
    tree_share: float
    trees: Trees | None
    # Files of earlier versions have no bound.
    least: float | None = None

    @classmethod
    def fit(cls, training: TrainingSet, size: Floats, reach: Floats) -> Self:
        """Learn from `size`, a non-negative measure of the move that followed each row.

        `reach` is the non-negative move that intervals must hold, on which a
        scale is judged.
        """
        full = cls._learn(training, size, 1.0, 1.0)
        inputs, held_out = training.held_out_inputs, training.held_out
        choices = [*((float(s), 0.0) for s in SHARES), *((1.0, float(s)) for s in SHARES[1:])]
        parts = full._parts(inputs)
        losses = [_bound_loss(full._scale(inputs, parts, *choice), reach[held_out])
                  for choice in choices]  # fmt: skip
        linear_share, tree_share = choices[training.choose(losses)]
        found = cls(full.linear, linear_share, tree_share, full.trees if tree_share else None)
        return found._bounded(training)

    def refit(self, training: TrainingSet, size: Floats) -> Self:
        """Learn the same anew from other rows, and believe as much of it."""
        found = self._learn(training, size, self.linear_share, self.tree_share)
        return found._bounded(training)

    def _bounded(self, training: TrainingSet) -> Self:
        inputs = training.inputs[training.learn]
        ratio = np.log(self.predict(inputs)) - inputs[:, LEVEL]
        return msgspec.structs.replace(self, least=float(np.quantile(ratio, LEAST_BELIEVED)))

    @classmethod
    def _learn(
        cls, training: TrainingSet, size: Floats, linear_share: float, tree_share: float
    ) -> Self:
        floor = max(FLOOR * float(size[training.learn].mean()), LEAST_SIZE)
        target = np.log(size + floor) - training.inputs[:, LEVEL]
        penalty = min(PENALTY * training.horizon, MOST_PENALTY)
        columns = training.inputs[:, COLUMNS]
        linear = Ridge.fit(columns[training.learn], target[training.learn], penalty)
        trees = None
        if tree_share:
            trees = training.boost(Objective("mean"), target - linear.predict(columns))
        return cls(linear, linear_share, tree_share, trees)

    def predict(self, inputs: Floats) -> Floats:
        """Return the expected size after each row of model inputs."""
        return self._scale(inputs, self._parts(inputs), self.linear_share, self.tree_share)

    def _parts(self, inputs: Floats) -> tuple[Floats, Floats | None]:
        """Return what the regression and the trees say."""
        known = COLUMNS[: len(self.linear.weights)]
        trees = None if self.trees is None else self.trees.predict(inputs)
        return self.linear.predict(inputs[:, known]), trees

    def _scale(
        self,
        inputs: Floats,
        parts: tuple[Floats, Floats | None],
        linear_share: float,
        tree_share: float,
    ) -> Floats:
        plain, correction = parts
        logarithm = inputs[:, LEVEL] + self.linear.part(plain, linear_share)
        if correction is not None:
            logarithm = logarithm + tree_share * correction
        if self.least is not None:
            logarithm = np.maximum(logarithm, inputs[:, LEVEL] + self.least)
        return np.asarray(np.exp(logarithm))


def _bound_loss(scale: Floats, reach: Floats, levels: Sequence[float] = JUDGED_AT) -> Floats:
    """Return the pinball loss of each row where the best multiples of `scale` bound `reach`."""
    loss = np.zeros(len(reach))
    for level in levels:
        bound = np.quantile(reach / scale, level) * scale
        loss += quantile_loss(reach, bound, level)
    return loss
