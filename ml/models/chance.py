"""The chance of one thing: calibrated where held back, and the class prior where no better."""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.baselines import class_prior
from ml.calibration import Calibration, PlattCalibration, fit_calibration
from ml.models.boosters import Task
from ml.models.caution import SHARES
from ml.models.lesson import Lesson, Trees

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Chance(msgspec.Struct, frozen=True):
    """A fitted chance.

    Of the calibrated chance, `share` is believed, the rest is `prior`. It comes
    from the `trees`, or where there are none from another raw forecast.
    """

    prior: float
    share: float
    calibration: Calibration
    trees: Trees | None

    @classmethod
    def fit(cls, lesson: Lesson, happened: Bools, other: Floats | None = None) -> Self:
        """Learn from what happened after each row; `other` is a rival raw chance of it."""
        prior = class_prior(happened)
        trees = lesson.boost(Task("chance"), happened.astype(np.float64))
        held = happened[lesson.held]
        raw = [trees.predict(lesson.held_inputs)]
        raw += [] if other is None else [other[lesson.held]]
        kind = lesson.options.calibration
        fits = [fit_calibration(kind, each, held, prior) for each in raw]
        choices = [(0.0, 0), *((float(s), i) for i in range(len(raw)) for s in SHARES[1:])]
        losses = [
            np.square(prior + share * (fits[i].apply(raw[i]) - prior) - held)
            for share, i in choices
        ]
        share, used = choices[lesson.choose(losses)]
        return cls(prior, share, fits[used], trees if share and used == 0 else None)

    @classmethod
    def of_prior(cls, happened: Bools) -> Self:
        """Return the class prior alone, where too little happened to learn more."""
        return cls(class_prior(happened), 0.0, PlattCalibration(0.0, 0.0), None)

    def predict(self, inputs: Floats, other: Floats | None = None) -> Floats:
        """Return the chance after each row; `other` as in `fit`."""
        if not self.share:
            return np.full(len(inputs), self.prior)
        raw = other if self.trees is None else self.trees.predict(inputs)
        assert raw is not None
        return np.asarray(self.prior + self.share * (self.calibration.apply(raw) - self.prior))
