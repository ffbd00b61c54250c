"""How moves scatter around their median, in units of their size: quantiles.

Plain quantiles of past moves serve for all rows alike; trees of quantile
regression bend them as far as held-out moves ask for.
"""

from collections.abc import Sequence
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.models.boosting.booster import Objective
from ml.models.boosting.one_standard_error import SHARES
from ml.models.boosting.training_set import TrainingSet, Trees
from ml.scoring.scores import pinball

Floats = NDArray[np.float64]


class Quantiles(msgspec.Struct, frozen=True):
    """Fitted quantiles at `levels`."""

    levels: tuple[float, ...]
    plain: list[float]
    share: float
    trees: list[Trees]

    @classmethod
    def fit(
        cls, training: TrainingSet, target: Floats, levels: Sequence[float], weight: Floats
    ) -> Self:
        """Learn from `target`, scaled moves; `weight` turns them into what counts as a loss."""
        plain = np.quantile(target[training.learn], levels)
        trees = [training.boost(Objective("quantile", level), target) for level in levels]
        bent = np.column_stack([tree.predict(training.held_out_inputs) for tree in trees])
        realised, worth = target[training.held_out], weight[training.held_out]
        losses = [
            worth * _row_pinball(realised, plain + share * (bent - plain), levels)
            for share in SHARES
        ]
        share = float(SHARES[training.choose(losses)])
        return cls(tuple(levels), plain.tolist(), share, trees if share else [])

    def refit(self, training: TrainingSet, target: Floats) -> Self:
        """Learn the same anew from other rows, and believe as much of it."""
        plain = np.quantile(target[training.learn], self.levels)
        levels = self.levels if self.share else ()
        trees = [training.boost(Objective("quantile", level), target) for level in levels]
        return type(self)(self.levels, plain.tolist(), self.share, trees)

    def predict(self, inputs: Floats) -> Floats:
        """Return quantiles, shape (n, levels), ascending where `levels` are."""
        quantiles = np.tile(np.array(self.plain), (len(inputs), 1))
        if self.trees:
            bent = np.column_stack([tree.predict(inputs) for tree in self.trees])
            quantiles += self.share * (bent - quantiles)
        return np.asarray(np.sort(quantiles, axis=1))


def _row_pinball(target: Floats, quantiles: Floats, levels: Sequence[float]) -> Floats:
    """Return the mean pinball loss over levels of each row."""
    return pinball(target[None, :], quantiles[None, :, :], levels)
