"""Buy, sell or hold, and whether profit comes before stop: probabilities of their labels.

See `ml.data.labels` for their meaning. Probabilities alone are no signal: one is
given only where a walk-forward shows skill and the expected return exceeds costs,
else the answer is hold (`ml.models.signal_decision`).
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit  # type: ignore[import-untyped]

from core.risk_reward import USUAL, RiskReward, parse_rr_config
from ml.data import labels
from ml.data.labels import Classes, signal_labels
from ml.features.history import History
from ml.models.boosting.booster import BoostingOptions
from ml.models.boosting.classifiers import BarrierClassifier
from ml.models.boosting.fitted import Fitted, Learnt, importance
from ml.models.boosting.location import CLIP, COLUMNS, ODDS_A_SIZE, PENALTY
from ml.models.boosting.ridge import Ridge
from ml.models.boosting.training_set import TrainingSet
from ml.models.protocol import NO_OPTIONS, Files, SignalForecast

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


class LearntSignals(Learnt, frozen=True):
    """Buy against sell, and profit against stop on either side."""

    signal: BarrierClassifier
    long: BarrierClassifier
    short: BarrierClassifier
    # Files of earlier versions have none of these.
    exits: RiskReward = USUAL
    drift: Ridge | None = None

    def rise(self, inputs: Floats) -> Floats | None:
        """Return the raw probability of a rise after each row of inputs, if one was learnt."""
        return None if self.drift is None else _rise(self.drift, inputs)


class BarrierSignalsModel(Fitted[LearntSignals]):
    """Three barrier classifiers on the same inputs, class priors where they prove no better.

    Which barrier comes first is told by trees or by a regression of all moves.
    """

    name: ClassVar[str] = "barrier_signals"
    learns: ClassVar[type[Any]] = LearntSignals

    def __init__(
        self, horizon: int, seed: int = 0, options: Mapping[str, Any] | BoostingOptions = NO_OPTIONS
    ) -> None:
        asked = USUAL.name
        if not isinstance(options, BoostingOptions):
            asked = options.get("rr_config", asked)
            options = {name: value for name, value in options.items() if name != "rr_config"}
        super().__init__(horizon, seed, options)
        self.exits = parse_rr_config(asked)

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from `rows`; raises `InvalidRequest` where they are too few."""
        unit = history.horizon_volatility(rows, self.horizon)
        label = signal_labels(history.path, rows, unit, self.horizon, self.exits)
        training = self.training_set(history, rows, label.spans)
        move = labels.moves(history.path, rows, self.horizon) / unit
        rise = _rise(_drift(training, move), training.inputs)
        self._learnt = LearntSignals(
            name=self.name,
            about=self.about(history, training),
            signal=_learnt(training, label.signal, rise),
            long=_learnt(training, label.long, rise),
            short=_learnt(training, label.short, 1 - rise),
            exits=self.exits,
            drift=_drift(training.whole, move),
        )

    def predict(self, history: History, rows: Rows) -> SignalForecast:
        """Forecast from `rows`, ready ones (`History.ready`)."""
        learnt = self.learnt
        inputs = learnt.about.inputs(history, rows)
        unit = history.horizon_volatility(rows, self.horizon)
        rise = learnt.rise(inputs)
        return SignalForecast(
            last=history.path.close[rows],
            signal=learnt.signal.predict(inputs, rise),
            long=learnt.long.predict(inputs, rise),
            short=learnt.short.predict(inputs, None if rise is None else 1 - rise),
            take_profit=learnt.exits.take_profit * unit,
            stop_loss=learnt.exits.stop_loss * unit,
        )

    @classmethod
    def from_files(cls, files: Files) -> Self:
        """Return the model that `to_files` wrote, with the exits that it learnt."""
        model = super().from_files(files)
        model.exits = model.learnt.exits
        return model

    def details(self) -> dict[str, Any]:
        """Return what was learnt of either barrier being touched, and of the first coming first."""
        learnt = self.learnt
        parts = {"signal": learnt.signal, "long": learnt.long, "short": learnt.short}
        return {
            "exits": learnt.exits.name,
            "priors": {name: [each.either.prior, each.first.prior] for name, each in parts.items()},
            "believed": {
                name: [each.either.share, each.first.share] for name, each in parts.items()
            },
            "importance": importance(
                **{f"{name}_either": each.either.trees for name, each in parts.items()},
                **{f"{name}_first": each.first.trees for name, each in parts.items()},
            ),
        }


def _learnt(training: TrainingSet, label: Classes, other: Floats) -> BarrierClassifier:
    """Decide on rows held out how much to believe, then learn anew from all."""
    return BarrierClassifier.fit(training, label, other).refit(training.whole, label)


def _drift(training: TrainingSet, move: Floats) -> Ridge:
    """Return a regression of `move`, in units of its volatility, on the signs of past ones.

    Every row tells it how far prices went, not only those that met a barrier which it was.
    """
    target, columns = np.clip(move, -CLIP, CLIP), training.inputs[:, COLUMNS]
    return Ridge.fit(columns[training.learn], target[training.learn], PENALTY)


def _rise(drift: Ridge, inputs: Floats) -> Floats:
    return np.asarray(expit(ODDS_A_SIZE * drift.predict(inputs[:, COLUMNS])))
