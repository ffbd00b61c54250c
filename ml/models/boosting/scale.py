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
COLUMNS = columns_of(SIZE_INPUTS)
LEVEL = INPUTS.index("level")


class Scale(msgspec.Struct, frozen=True):
    """A fitted size of moves, in log-returns but for a constant factor."""

    linear: Ridge
    linear_share: float
    tree_share: float
    trees: Trees | None

    @classmethod
    def fit(cls, training: TrainingSet, size: Floats, reach: Floats) -> Self:
        """Learn from `size`, a non-negative measure of the move that followed each row.

        `reach` is the non-negative move that intervals must hold, on which a
        scale is judged.
        """
        floor = max(FLOOR * float(size[training.learn].mean()), LEAST_SIZE)
        level = training.inputs[:, LEVEL]
        target = np.log(size + floor) - level
        penalty = min(PENALTY * training.horizon, MOST_PENALTY)
        linear = Ridge.fit(
            training.inputs[training.learn][:, COLUMNS], target[training.learn], penalty
        )
        residual = target - linear.predict(training.inputs[:, COLUMNS])
        trees = training.boost(Objective("mean"), residual)
        plain = linear.predict(training.held_out_inputs[:, COLUMNS])
        correction = trees.predict(training.held_out_inputs)
        choices = [*((float(s), 0.0) for s in SHARES), *((1.0, float(s)) for s in SHARES[1:])]
        scales = [
            np.exp(level[training.held_out] + linear.part(plain, a) + b * correction)
            for a, b in choices
        ]
        losses = [_bound_loss(scale, reach[training.held_out]) for scale in scales]
        linear_share, tree_share = choices[training.choose(losses)]
        return cls(linear, linear_share, tree_share, trees if tree_share else None)

    def predict(self, inputs: Floats) -> Floats:
        """Return the expected size after each row of model inputs."""
        plain = self.linear.predict(inputs[:, COLUMNS])
        logarithm = inputs[:, LEVEL] + self.linear.part(plain, self.linear_share)
        if self.trees is not None:
            logarithm = logarithm + self.tree_share * self.trees.predict(inputs)
        return np.asarray(np.exp(logarithm))


def _bound_loss(scale: Floats, reach: Floats, levels: Sequence[float] = JUDGED_AT) -> Floats:
    """Return the pinball loss of each row where the best multiples of `scale` bound `reach`."""
    loss = np.zeros(len(reach))
    for level in levels:
        bound = np.quantile(reach / scale, level) * scale
        loss += quantile_loss(reach, bound, level)
    return loss
