"""Buy, sell or hold, and whether profit comes before stop: chances of what labels say.

See `ml.models.boosting.signal_labels` for their meaning. Chances alone are no signal: one
is given only where a walk-forward shows skill and the expected return exceeds
costs, else the answer is hold (`ml.evaluation.evaluate_signals`).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.features.history import History
from ml.features.model_inputs import model_inputs
from ml.models.boosting.barrier_classifier import Race
from ml.models.boosting.fitted import Fitted, Learnt, importance
from ml.models.boosting.signal_labels import STOP_LOSS, TAKE_PROFIT, barrier_unit, signal_labels

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False, slots=True)
class SignalForecast:
    """Chances, one row a forecast, in the order of `SIGNALS` and `EXITS`.

    `long` and `short` are the exits of a position on either side, whose profit
    and stop lie `take_profit` and `stop_loss` (log-returns) from `last`.
    """

    last: Floats
    signal: Floats
    long: Floats
    short: Floats
    take_profit: Floats
    stop_loss: Floats

    def expected_return(self, side: int, fee: float) -> Floats:
        """Return what a position on `side` (1 long, -1 short) earns on average, in log-returns.

        `fee` is a fraction of the price, paid going in and out; a position that
        meets neither exit in time is counted as earning nothing.
        """
        chance = self.long if side > 0 else self.short
        gain = chance[:, 1] * self.take_profit - chance[:, 2] * self.stop_loss
        return np.asarray(gain - 2 * fee)


class LearntSignals(Learnt, frozen=True):
    """One race each: buy against sell, and profit against stop on either side."""

    signal: Race
    long: Race
    short: Race


class BarrierSignalsModel(Fitted[LearntSignals]):
    """Three races on the same inputs, each the class prior where it proves no better."""

    name: ClassVar[str] = "barrier_signals"
    kind: ClassVar[type[Any]] = LearntSignals

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from `rows`; raises `InvalidRequest` where they are too few."""
        came = signal_labels(history, rows, self.horizon)
        lesson = self.lesson(history, rows, came.spans)
        self._learnt = LearntSignals(
            name=self.name,
            about=self.about(history, rows),
            signal=Race.fit(lesson, came.signal),
            long=Race.fit(lesson, came.long),
            short=Race.fit(lesson, came.short),
        )

    def predict(self, history: History, rows: Rows) -> SignalForecast:
        """Forecast from `rows`, ready ones (`History.ready`)."""
        learnt = self.learnt
        inputs = model_inputs(history.features, history.path.close, rows)
        unit = barrier_unit(history, rows, self.horizon)
        return SignalForecast(
            last=history.path.close[rows],
            signal=learnt.signal.predict(inputs),
            long=learnt.long.predict(inputs),
            short=learnt.short.predict(inputs),
            take_profit=TAKE_PROFIT * unit,
            stop_loss=STOP_LOSS * unit,
        )

    def details(self) -> dict[str, Any]:
        """Return by race, of either coming and of the first coming first, what was learnt."""
        learnt = self.learnt
        races = {"signal": learnt.signal, "long": learnt.long, "short": learnt.short}
        return {
            "priors": {name: [each.either.prior, each.first.prior] for name, each in races.items()},
            "believed": {
                name: [each.either.share, each.first.share] for name, each in races.items()
            },
            "importance": importance(
                **{f"{name}_either": each.either.trees for name, each in races.items()},
                **{f"{name}_first": each.first.trees for name, each in races.items()},
            ),
        }
