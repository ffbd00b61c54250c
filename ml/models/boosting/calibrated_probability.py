"""The chance of one thing: calibrated where held back, and the class prior where no better."""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.models.baselines import class_prior
from ml.models.boosting.boosters import Task
from ml.models.boosting.one_standard_error import SHARES, cautious_choice
from ml.models.boosting.training_set import Lesson, Trees
from ml.scoring.calibration import Calibration, PlattCalibration, fit_calibration

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
        prior, held = class_prior(happened), happened[lesson.held]
        trees = lesson.boost(Task("chance"), happened.astype(np.float64))
        raw = [trees.predict(lesson.held_inputs)]
        raw += [] if other is None else [other[lesson.held]]
        share, used, calibration = _believe(
            raw, held, prior, lesson.options.calibration, lesson.horizon
        )
        return cls(prior, share, calibration, trees if share and used == 0 else None)

    @classmethod
    def of_raw(cls, raw: Floats, happened: Bools, prior: float, horizon: int) -> Self:
        """Calibrate a raw chance on held-back rows; `predict` then wants it as `other`."""
        share, _, calibration = _believe([raw], happened, prior, "platt", horizon)
        return cls(prior, share, calibration, None)

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


def _believe(
    raws: list[Floats], happened: Bools, prior: float, kind: str, horizon: int
) -> tuple[float, int, Calibration]:
    """Return which share of which calibrated chance to believe where held back."""
    fits = [fit_calibration(kind, raw, happened, prior) for raw in raws]
    choices = [(0.0, 0), *((float(s), i) for i in range(len(raws)) for s in SHARES[1:])]
    losses = [
        np.square(prior + share * (fits[i].apply(raws[i]) - prior) - happened)
        for share, i in choices
    ]
    share, used = choices[cautious_choice(np.stack(losses), horizon)]
    return share, used, fits[used]
