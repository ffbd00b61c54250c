"""Probabilities that are calibrated where held out, and the class prior where no better."""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.models.boosting.booster import Objective
from ml.models.boosting.one_standard_error import SHARES, cautious_choice
from ml.models.boosting.training_set import LEAST_ROWS, TrainingSet, Trees
from ml.models.naive_forecasts import class_prior
from ml.scoring.calibration import Calibration, PlattCalibration, fit_calibration

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Labels = NDArray[np.int64]

# Fewer outcomes than these to learn from, or held out, teach nothing about which it is.
LEAST_LEARN, LEAST_HELD_OUT = LEAST_ROWS // 2, LEAST_ROWS // 8


class CalibratedProbability(msgspec.Struct, frozen=True):
    """A fitted probability of one event.

    Of the calibrated probability, `share` is believed, the rest is `prior`. It comes
    from the `trees`, or where there are none from another raw forecast.
    """

    prior: float
    share: float
    calibration: Calibration
    trees: Trees | None

    @classmethod
    def fit(cls, training: TrainingSet, occurred: Bools, other: Floats | None = None) -> Self:
        """Learn from what occurred after each row; `other` is a rival raw probability of it."""
        prior, held_out = class_prior(occurred), occurred[training.held_out]
        trees = training.boost(Objective("probability"), occurred.astype(np.float64))
        raw = [trees.predict(training.held_out_inputs)]
        raw += [] if other is None else [other[training.held_out]]
        share, used, calibration = _believe(
            raw, held_out, prior, training.options.calibration, training.horizon
        )
        return cls(prior, share, calibration, trees if share and used == 0 else None)

    def refit(self, training: TrainingSet, occurred: Bools) -> Self:
        """Learn the same anew from other rows, and believe as much of it, calibrated as before."""
        trees = None
        if self.trees is not None:
            trees = training.boost(Objective("probability"), occurred.astype(np.float64))
        prior = class_prior(occurred[training.learn])
        return type(self)(prior, self.share, self.calibration, trees)

    @classmethod
    def of_raw(cls, raw: Floats, occurred: Bools, prior: float, horizon: int) -> Self:
        """Calibrate a raw probability on held-out rows; `predict` then wants it as `other`."""
        share, _, calibration = _believe([raw], occurred, prior, "platt", horizon)
        return cls(prior, share, calibration, None)

    @classmethod
    def of_prior(cls, occurred: Bools) -> Self:
        """Return the class prior alone, where too little occurred to learn more."""
        return cls(class_prior(occurred), 0.0, PlattCalibration(0.0, 0.0), None)

    def predict(self, inputs: Floats, other: Floats | None = None) -> Floats:
        """Return the probability after each row; `other` as in `fit`."""
        if not self.share:
            return np.full(len(inputs), self.prior)
        raw = other if self.trees is None else self.trees.predict(inputs)
        assert raw is not None
        return np.asarray(self.prior + self.share * (self.calibration.apply(raw) - self.prior))


def _believe(
    raws: list[Floats], occurred: Bools, prior: float, kind: str, horizon: int
) -> tuple[float, int, Calibration]:
    """Return which share of which calibrated probability to believe where held out."""
    fits = [fit_calibration(kind, raw, occurred, prior) for raw in raws]
    choices = [(0.0, 0), *((float(s), i) for i in range(len(raws)) for s in SHARES[1:])]
    losses = [
        np.square(prior + share * (fits[i].apply(raws[i]) - prior) - occurred)
        for share, i in choices
    ]
    share, used = choices[cautious_choice(np.stack(losses), horizon)]
    return share, used, fits[used]


class BarrierClassifier(msgspec.Struct, frozen=True):
    """Which of two outcomes comes in limited time: neither, the first, or the second.

    That either comes and which of the two does are different questions: the former
    follows volatility, the latter hardly anything. Each is learnt, calibrated and
    believed by itself, so that skill in one lends no weight to the other. `first` is
    the probability of the first outcome where either came.
    """

    either: CalibratedProbability
    first: CalibratedProbability

    @classmethod
    def fit(cls, training: TrainingSet, label: Labels, other: Floats) -> Self:
        """Learn from labels 0 (neither), 1 and 2; `other` is a rival raw probability of `first`."""
        occurred = label > 0
        either = CalibratedProbability.fit(training, occurred)
        among = training.where(occurred)
        if len(among.learn) < LEAST_LEARN or len(among.held_out) < LEAST_HELD_OUT:
            return cls(either, CalibratedProbability.of_prior(label[occurred] == 1))
        first = CalibratedProbability.fit(among, label[occurred] == 1, other[occurred])
        return cls(either, first)

    def refit(self, training: TrainingSet, label: Labels) -> Self:
        """Learn the same anew from other rows, and believe as much of it."""
        occurred = label > 0
        first = self.first.refit(training.where(occurred), label[occurred] == 1)
        return type(self)(self.either.refit(training, occurred), first)

    def predict(self, inputs: Floats, other: Floats | None) -> Floats:
        """Return probabilities of shape (n, 3), each row summing to 1; `other` as in `fit`."""
        either, first = self.either.predict(inputs), self.first.predict(inputs, other)
        return np.column_stack([1 - either, either * first, either * (1 - first)])
