"""The whole next candle: open, high, low, close, amplitude, and whether it closes above."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.data import labels
from ml.features.history import History
from ml.models.boosting.booster import BoostingOptions
from ml.models.boosting.classifiers import CalibratedProbability
from ml.models.boosting.fitted import Fitted, Learnt, importance
from ml.models.boosting.location import Location
from ml.models.boosting.quantiles import Quantiles
from ml.models.boosting.scale import Scale
from ml.models.protocol import NO_OPTIONS, CandleForecast

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

HORIZON = 1
MEDIAN = (0.5,)
PRICES = ("open", "high", "low", "close", "amplitude")


class LearntCandle(Learnt, frozen=True):
    """The parts of a candle; medians are in units of `scale`."""

    scale: Scale = msgspec.field(name="size")
    open: Location
    close: Location
    above: Quantiles
    below: Quantiles
    amplitude: Quantiles
    direction: CalibratedProbability
    # Of the closes that did not rise, the share that stood still.
    unchanged: float = 0.0


class NextCandleModel(Fitted[LearntCandle]):
    """Boosting of every part of the next candle, each near last price until proven otherwise."""

    name: ClassVar[str] = "next_candle"
    learns: ClassVar[type[Any]] = LearntCandle

    def __init__(
        self,
        horizon: int = HORIZON,
        seed: int = 0,
        options: Mapping[str, Any] | BoostingOptions = NO_OPTIONS,
    ) -> None:
        super().__init__(HORIZON, seed, options)

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from `rows`; raises `InvalidRequest` where they are too few."""
        training = self.training_set(history, rows, labels.fixed_spans(rows, HORIZON))
        move = labels.moves(history.path, rows, HORIZON)
        up, down = labels.reaches(history.path, rows, HORIZON)
        scale = Scale.fit(training, np.abs(move) + (up + down) / 2, np.abs(move))
        unit = scale.predict(training.inputs)

        def median(reach: Floats) -> Quantiles:
            return Quantiles.fit(training, reach / unit, MEDIAN, unit)

        self._learnt = LearntCandle(
            name=self.name,
            about=self.about(history, training),
            scale=scale,
            open=Location.fit(training, _to_open(history, rows), unit),
            close=Location.fit(training, move, unit),
            above=median(up),
            below=median(down),
            amplitude=median(_amplitude(history, rows + 1) / history.path.close[rows]),
            direction=CalibratedProbability.fit(training, move > 0),
            unchanged=float((move == 0).sum() / max((move <= 0).sum(), 1)),
        )

    def predict(self, history: History, rows: Rows) -> CandleForecast:
        """Forecast the candle after each of `rows`, ready ones (`History.ready`)."""
        learnt, last = self.learnt, history.path.close[rows]
        inputs = learnt.about.inputs(history, rows)
        unit = learnt.scale.predict(inputs)
        open_ = last * np.exp(unit * learnt.open.predict(inputs))
        close = last * np.exp(unit * learnt.close.predict(inputs))
        high = last * np.exp(unit * learnt.above.predict(inputs)[:, 0])
        low = last * np.exp(-unit * learnt.below.predict(inputs)[:, 0])
        prob_up = learnt.direction.predict(inputs)
        return CandleForecast(
            last=last,
            open=open_,
            high=np.maximum(high, np.maximum(open_, close)),
            low=np.minimum(low, np.minimum(open_, close)),
            close=close,
            amplitude=last * unit * learnt.amplitude.predict(inputs)[:, 0],
            prob_up=prob_up,
            prob_down=(1 - prob_up) * (1 - learnt.unchanged),
        )

    def details(self) -> dict[str, Any]:
        """Return shares believed and the inputs' importance."""
        learnt = self.learnt
        return {
            "believed": {
                "size_linear": learnt.scale.linear_share,
                "size_trees": learnt.scale.tree_share,
                "open": learnt.open.linear_share,
                "close": learnt.close.linear_share,
                "high": learnt.above.share,
                "low": learnt.below.share,
                "amplitude": learnt.amplitude.share,
                "direction": learnt.direction.share,
            },
            "prior_up": learnt.direction.prior,
            "importance": importance(
                size=learnt.scale.trees, close=learnt.close.trees, direction=learnt.direction.trees
            ),
        }


def realised_candles(history: History, rows: Rows) -> dict[str, Floats]:
    """Return the candle after each of `rows` by the names of `PRICES`."""
    following = {
        name: history.frame[name].to_numpy(np.float64)[rows + 1]
        for name in ("open", "high", "low", "close")
    }
    return following | {"amplitude": _amplitude(history, rows + 1)}


def _to_open(history: History, rows: Rows) -> Floats:
    """Return the log-move from the close to the next open."""
    return np.log(history.frame["open"].to_numpy(np.float64)[rows + 1] / history.path.close[rows])


def _amplitude(history: History, rows: Rows) -> Floats:
    return history.path.high[rows] - history.path.low[rows]
