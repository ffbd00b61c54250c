"""The race of two outcomes in limited time: neither, the first, or the second.

That either comes and which of the two does are different questions: the former
follows volatility, the latter hardly anything. Each is learnt, calibrated and
believed by itself, so that skill in one lends no weight to the other.
"""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.models.boosting.calibrated_probability import Chance
from ml.models.boosting.training_set import LEAST_ROWS, Lesson

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

CLASSES = 3
# Fewer outcomes than these to learn from, or held back, teach nothing about which it is.
LEAST_LEARN, LEAST_HELD = LEAST_ROWS // 2, LEAST_ROWS // 8


class Race(msgspec.Struct, frozen=True):
    """Fitted chances; `first` is the chance of the first outcome where either came."""

    either: Chance
    first: Chance

    @classmethod
    def fit(cls, lesson: Lesson, label: Labels) -> Self:
        """Learn from labels 0 (neither), 1 and 2."""
        came = label > 0
        either = Chance.fit(lesson, came)
        among = lesson.where(came)
        if len(among.learn) < LEAST_LEARN or len(among.held) < LEAST_HELD:
            return cls(either, Chance.of_prior(label[came] == 1))
        return cls(either, Chance.fit(among, label[came] == 1))

    def predict(self, inputs: Floats) -> Floats:
        """Return chances of shape (n, 3), each row summing to 1."""
        either, first = self.either.predict(inputs), self.first.predict(inputs)
        return np.column_stack([1 - either, either * first, either * (1 - first)])


def class_priors(label: Labels) -> Floats:
    """Return the share of each class with one of each added (Laplace), never 0 or 1."""
    count = np.bincount(label, minlength=CLASSES) + 1
    return np.asarray(count / count.sum())
