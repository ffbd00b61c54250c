"""The chance of a rise: calibrated on held-out moves, and the class prior where no better."""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit  # type: ignore[import-untyped]

from ml.baselines import class_prior
from ml.calibration import PlattCalibration
from ml.models.boosters import Task
from ml.models.caution import SHARES
from ml.models.lesson import Lesson, Trees

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# A median of one size is about so many log-odds; calibration finds the exact number.
ODDS_A_SIZE = 2.0


class Direction(msgspec.Struct, frozen=True):
    """A fitted chance of a rise.

    `from_trees` says which raw forecast is used: the classifier's, or the sign
    and strength of the linear median. Of the calibrated chance, `share` is
    believed, the rest is `prior`.
    """

    prior: float
    share: float
    from_trees: bool
    calibration: PlattCalibration
    trees: Trees | None

    @classmethod
    def fit(cls, lesson: Lesson, up: Bools, median: Floats) -> Self:
        """Learn from rises; `median` is the raw linear median of each row in sizes."""
        prior = class_prior(up)
        trees = lesson.boost(Task("chance"), up.astype(np.float64))
        raw = [trees.predict(lesson.inputs), expit(ODDS_A_SIZE * median)]
        fits = [PlattCalibration.fit(r[lesson.held], up[lesson.held], prior) for r in raw]
        choices = [(0.0, 0), *((float(s), i) for i in range(len(raw)) for s in SHARES[1:])]
        losses = [
            np.square(prior + share * (fits[i].apply(raw[i]) - prior) - up) for share, i in choices
        ]
        share, used = choices[lesson.choose(losses)]
        from_trees = used == 0
        return cls(prior, share, from_trees, fits[used], trees if share and from_trees else None)

    def predict(self, inputs: Floats, median: Floats) -> Floats:
        """Return the chance of a rise after each row; `median` as in `fit`."""
        if not self.share:
            return np.full(len(inputs), self.prior)
        raw = self.trees.predict(inputs) if self.trees else expit(ODDS_A_SIZE * median)
        return np.asarray(self.prior + self.share * (self.calibration.apply(raw) - self.prior))
