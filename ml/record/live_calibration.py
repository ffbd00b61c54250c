"""Whether sealed chances came true as often as they said, whatever the signals were."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.answers.record import Calibration, CalibrationBin, ClassCalibration
from ml.evaluation.concept_drift import error_grew
from ml.evaluation.judge_signal import harder_rival
from ml.scoring import scores
from ml.scoring.calibration import brier_of_classes, calibration_report
from ml.scoring.confidence import skill_sequence
from ml.scoring.scorecard import plain
from ml.scoring.uncertainty import calibration_interval

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# The classes of sealed chances, in the order of their columns, as the record names them.
CLASSES = ("no", "buy", "sell")
_BUY, _SELL = 1, 2


@dataclass(frozen=True, eq=False, slots=True)
class ChanceColumns:
    """Chances that one model sealed and the priors beside them, by time; shape (n, 3).

    `label` (n,) is the class that came, `horizon` in candles.
    """

    said: Floats
    prior: Floats
    label: Integers
    horizon: int


def live_calibration(told: ChanceColumns) -> Calibration:
    """Return the calibration of direction, and of each class against the rest.

    Direction is the chance of buy among buy and sell, where either came, against the class
    prior or even odds, whichever did better. Brier scores are summed over both classes. The
    interval of the calibration error is that of a block bootstrap, that of skill holds however
    often somebody looks.
    """
    came = told.label > 0
    sides, prior = (_sides(each[came]) for each in (told.said, told.prior))
    bought = (told.label[came] == _BUY).astype(np.int64)
    _, rival = harder_rival(bought, prior)
    classes = {
        name: _calibration(
            told.said[:, index],
            told.prior[:, index],
            (told.label == index).astype(np.int64),
            told.horizon,
        )
        for index, name in enumerate(CLASSES)
    }
    direction = _calibration(sides[:, 1], rival[:, 1], bought, told.horizon)
    return Calibration(**{name: getattr(direction, name) for name in direction.__struct_fields__},
                       classes=classes)  # fmt: skip


def has_drifted(told: ChanceColumns) -> bool:
    """Say whether the error of the chances has grown since the model began to speak."""
    return error_grew(brier_of_classes(told.label, told.said))


def _sides(chance: Floats) -> Floats:
    """Return the chances of sell and of buy, the third ruled out."""
    sides = chance[:, [_SELL, _BUY]]
    return np.asarray(sides / sides.sum(axis=1, keepdims=True))


def _calibration(
    chance: Floats, prior: Floats, happened: Integers, horizon: int
) -> ClassCalibration:
    if not len(chance):
        return ClassCalibration(n=0)
    report = calibration_report(chance, happened == 1)
    loss, plain_loss = (
        brier_of_classes(happened, np.column_stack([1 - each, each])) for each in (chance, prior)
    )
    low, high = calibration_interval(chance, happened == 1, horizon)
    skill_low, skill_high = (bound[-1] for bound in skill_sequence(loss, plain_loss, horizon))
    return ClassCalibration(
        n=len(chance),
        ece=report["ece"],
        ece_low=low,
        ece_high=high,
        brier=float(loss.mean()),
        brier_prior=float(plain_loss.mean()),
        skill=plain(scores.skill(loss, plain_loss)),
        skill_low=plain(skill_low),
        skill_high=plain(skill_high),
        bins=bins_of(report["bins"]),
    )


def bins_of(told: list[dict[str, float]]) -> list[CalibrationBin]:
    """Return the bins of a report as the record shows them."""
    return [
        CalibrationBin(
            int(one["count"]), one["probability"], one["frequency"], one["low"], one["high"]
        )
        for one in told
    ]
