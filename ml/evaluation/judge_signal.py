"""Judge probabilities of buy, sell and hold, beside the class priors of the past.

Whether a barrier is touched at all follows volatility, and can be foreseen on
pure noise; nobody earns by it. The verdict therefore rests on direction alone:
the probability of buy among buy and sell, where either was realised. It is judged
against the class prior or even odds, whichever did better: a prior from a stretch that
rose misleads in one that falls, and who is merely less misled has no skill. What would
have been earned by acting on expected returns stands beside it, after costs.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.markets import DEFAULT_COSTS_BPS
from core.risk_reward import USUAL, RiskReward
from ml.data.labels import SIGNAL_PARTS, SignalLabels, signal_labels
from ml.data.walkforward import Spans
from ml.evaluation.kind import Columns, Kind, Skill, Whole
from ml.evaluation.walk import FoldForecasts, Makers
from ml.features.history import History
from ml.models.path_baselines import ClassPriors
from ml.models.protocol import Model, SignalForecast
from ml.scoring.calibration import brier_of_classes, calibration_report, log_loss_of_classes
from ml.scoring.follow_positions import earned
from ml.scoring.scorecard import FEES, earnings, profit_factor
from ml.scoring.scores import classification, expected_calibration_error
from ml.scoring.signal_outcome import Bars
from ml.scoring.uncertainty import mean_interval

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

# What is judged, with its classes: direction, the signal, the exits of a position on either side.
DIRECTION, EVEN_ODDS = "direction", "even_odds"
PARTS: dict[str, Sequence[str]] = {DIRECTION: ("sell", "buy"), **SIGNAL_PARTS}


class SignalKind(Kind):
    """Buy, sell or hold.

    Scores by part are the Brier score summed over classes, log loss, the skill of
    the former, and those of `ml.scoring.scores.classification`. `after_costs` is
    the mean log-return of acting (`SignalForecast.choice`) at one, two and three times
    the fees, by the rule that live positions have (`ml.scoring.signal_outcome`).
    """

    baseline = ClassPriors.name
    loss_name = "brier"

    def spans(self, history: History, rows: Rows) -> Spans:
        """Return the spans, which end with the last barrier touched."""
        return self._labels(history, rows).spans

    def __init__(
        self,
        horizon: int,
        seed: int,
        costs_bps: float = DEFAULT_COSTS_BPS,
        candidates: int = 1,
        exits: RiskReward = USUAL,
    ) -> None:
        """Judge positions that end at `exits`."""
        super().__init__(horizon, seed, costs_bps, candidates)
        self.exits = exits

    @classmethod
    def of(cls, model: Model, seed: int, costs_bps: float, candidates: int = 1) -> Self:
        """Return how signals of a model are judged, whose positions end where it says."""
        return cls(model.horizon, seed, costs_bps, candidates, model.exits)

    def makers(self) -> Makers:
        """Return how the baseline is made."""
        return {self.baseline: partial(ClassPriors, self.horizon, self.exits)}

    def columns(self, history: History, fold: FoldForecasts, forecast: SignalForecast) -> Columns:
        """Return labels and probabilities of every part, and what acting on them earned."""
        label = self._labels(history, fold.asked)
        columns: dict[str, Any] = {}
        for part in SIGNAL_PARTS:
            columns |= {f"{part}_label": getattr(label, part), part: getattr(forecast, part)}
        columns |= _direction(label.signal, forecast.signal)
        columns |= self._earned(history, fold.asked, forecast)
        columns["loss"] = brier_of_classes(columns["direction_label"], columns[DIRECTION])
        return columns

    def _labels(self, history: History, rows: Rows) -> SignalLabels:
        unit = history.horizon_volatility(rows, self.horizon)
        return signal_labels(history.path, rows, unit, self.horizon, self.exits)

    def _earned(self, history: History, rows: Rows, forecast: SignalForecast) -> dict[str, Floats]:
        """Return what each forecast earned at each fee; 0 where it abstains or is not entered.

        These are log-returns. Fees change whether a position is worth taking, never its side.
        """
        side = forecast.choice(self.fee)[0]
        exits = forecast.take_profit, forecast.stop_loss
        outcome = earned(Bars.of(history.frame), rows, side, *exits, self.horizon)
        columns = {}
        for fees in FEES:
            fee = fees * self.fee
            acts = forecast.choice(fee)[1] & np.isfinite(outcome)
            columns[f"earned_{fees}x"] = np.where(acts, outcome - 2 * fee, 0.0)
        return columns

    def scores(self, model: Columns, baseline: Columns, against: str) -> dict[str, Any]:
        """Return `{n, scores, baseline_scores, verdict}`; scores are by part."""
        skills = {part: self._skill(model, baseline, part) for part in PARTS}
        return {
            "n": len(model["signal"]),
            "scores": {
                part: _scores(model, part) | {"skill": skill.shown, "baseline": name}
                for part, (skill, name) in skills.items()
            }
            | {"after_costs": self._after_costs(model)},
            "baseline_scores": {part: _losses(baseline, part) for part in PARTS},
            "verdict": skills[DIRECTION][0].verdict,
        }

    def fold_scores(self, model: Columns, baseline: Columns, against: str) -> dict[str, Any]:
        """Return nothing: a fold's directions are too few to say much."""
        return {}

    def details(self, whole: Whole, model: str) -> dict[str, Any]:
        """Return each part's verdict, and a calibration curve of every class.

        `tp_first` judges the chance that profit comes before stop, where either came,
        beside that of a price without drift.
        """
        ours, theirs = whole(model), whole(self.baseline)
        return {
            "tp_first": {side: self._profit_first(ours, side) for side in ("long", "short")},
            "parts": {
                part: {
                    "verdict": self._skill(ours, theirs, part)[0].verdict,
                    "calibration": {
                        name: calibration_report(ours[part][:, i], ours[f"{part}_label"] == i)
                        for i, name in enumerate(classes)
                    },
                }
                for part, classes in PARTS.items()
            },
        }

    def _skill(self, model: Columns, baseline: Columns, part: str) -> tuple[Skill, str]:
        """Return the skill of a part, and the name of what it is against."""
        label: Any = model[f"{part}_label"]
        against, chance = self.baseline, baseline[part]
        if part == DIRECTION:
            against, chance = harder_rival(label, chance)
        loss, plain = (brier_of_classes(label, each) for each in (model[part], chance))
        return self.skill(loss, plain), against

    def _profit_first(self, model: Columns, side: str) -> dict[str, Any]:
        label: Any = model[f"{side}_label"]
        ended = label > 0
        if not ended.any():
            return {"n": 0}
        first = (label[ended] == 1).astype(np.float64)
        exits = model[side][ended]
        said = exits[:, 1] / exits[:, 1:].sum(axis=1)
        driftless = self.exits.risk / (self.exits.risk + self.exits.reward)
        loss, plain = np.square(said - first), np.square(driftless - first)
        skill = self.skill(loss, plain)
        return {
            "n": int(ended.sum()),
            "frequency": float(first.mean()),
            "baseline": "driftless",
            "driftless": driftless,
            "brier": float(loss.mean()),
            "baseline_brier": float(plain.mean()),
            "skill": skill.shown,
            "verdict": skill.verdict,
            "calibration": calibration_report(said, first == 1),
        }

    def _after_costs(self, model: Columns) -> dict[str, dict[str, float | None]]:
        result: dict[str, dict[str, float | None]] = {}
        for fees in FEES:
            earned = model[f"earned_{fees}x"]
            interval = mean_interval(earned, self.horizon, self.level)
            result[f"{fees}x"] = {**earnings(earned, int((earned != 0).sum()), interval)}
        result["1x"] |= profit_factor(model["earned_1x"], self.horizon, self.seed)
        return result


def harder_rival(label: NDArray[np.int64], prior: Floats) -> tuple[str, Floats]:
    """Return what directions are judged against: class priors or even odds, whichever did better.

    Its name, and its chances of sell and buy; `prior` are those of the class priors.
    """
    rivals = {ClassPriors.name: prior, EVEN_ODDS: np.full_like(prior, 0.5)}
    best = min(rivals, key=lambda name: float(brier_of_classes(label, rivals[name]).sum()))
    return best, rivals[best]


def _direction(label: NDArray[np.int64], probability: Floats) -> dict[str, Any]:
    """Return the probabilities of sell and buy where either was realised, hold ruled out."""
    either = label > 0
    sides = probability[either][:, [2, 1]]
    return {
        "direction_label": (label[either] == 1).astype(np.int64),
        "direction": sides / sides.sum(axis=1, keepdims=True),
    }


def _losses(columns: Columns, part: str) -> dict[str, Any]:
    label: Any = columns[f"{part}_label"]
    return {
        "brier": float(brier_of_classes(label, columns[part]).mean()),
        "log_loss": float(log_loss_of_classes(label, columns[part]).mean()),
    }


def _scores(columns: Columns, part: str) -> dict[str, Any]:
    label: Any = columns[f"{part}_label"]
    found = _losses(columns, part) | classification(label, columns[part])
    if part == DIRECTION:
        found["ece"] = expected_calibration_error(label == 1, columns[part][:, 1])
    return found
