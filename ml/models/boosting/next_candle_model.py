"""The whole next candle: open, high, low, close, amplitude, and whether it closes above."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.data import labels
from ml.features.history import History
from ml.features.model_inputs import model_inputs
from ml.models.boosting.boosters import BoostingOptions
from ml.models.boosting.calibrated_probability import Chance
from ml.models.boosting.fitted import Fitted, Learnt, importance
from ml.models.boosting.location import MoveDrift
from ml.models.boosting.quantiles import MoveSpread
from ml.models.boosting.range_model import reaches
from ml.models.boosting.scale import MoveSize
from ml.models.boosting.training_set import Lesson

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

HORIZON = 1
MEDIAN = (0.5,)
PRICES = ("open", "high", "low", "close", "amplitude")


@dataclass(frozen=True, eq=False, slots=True)
class CandleForecast:
    """Medians of the next candle, one element a row; `amplitude` is high less low."""

    last: Floats
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    amplitude: Floats
    prob_up: Floats


class LearntCandle(Learnt, frozen=True):
    """The parts of a candle; medians are in units of `size`."""

    size: MoveSize
    open: MoveDrift
    close: MoveDrift
    above: MoveSpread
    below: MoveSpread
    amplitude: MoveSpread
    direction: Chance


class NextCandleModel(Fitted[LearntCandle]):
    """Boosting of every part of the next candle, each near last price until proven otherwise."""

    name: ClassVar[str] = "next_candle"
    kind: ClassVar[type[Any]] = LearntCandle

    def __init__(
        self, horizon: int = HORIZON, seed: int = 0, options: BoostingOptions | None = None
    ) -> None:
        super().__init__(HORIZON, seed, options)

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from `rows`; raises `InvalidRequest` where they are too few."""
        lesson = self.lesson(history, rows, labels.fixed_spans(rows, HORIZON))
        move = labels.moves(history.path, rows, HORIZON)
        up, down = reaches(history, rows, HORIZON)
        size = MoveSize.fit(lesson, np.abs(move) + (up + down) / 2, np.abs(move))
        unit = size.predict(lesson.inputs)

        def median(reach: Floats) -> MoveSpread:
            return MoveSpread.fit(lesson, reach / unit, MEDIAN, unit)

        self._learnt = LearntCandle(
            name=self.name,
            about=self.about(history, rows),
            size=size,
            open=MoveDrift.fit(lesson, _to_open(history, rows), unit),
            close=MoveDrift.fit(lesson, move, unit),
            above=median(up),
            below=median(down),
            amplitude=median(_amplitude(history, rows + 1) / history.path.close[rows]),
            direction=_direction(lesson, move),
        )

    def predict(self, history: History, rows: Rows) -> CandleForecast:
        """Forecast the candle after each of `rows`, ready ones (`History.ready`)."""
        learnt, last = self.learnt, history.path.close[rows]
        inputs = model_inputs(history.features, history.path.close, rows)
        unit = learnt.size.predict(inputs)
        open_ = last * np.exp(unit * learnt.open.predict(inputs))
        close = last * np.exp(unit * learnt.close.predict(inputs))
        high = last * np.exp(unit * learnt.above.predict(inputs)[:, 0])
        low = last * np.exp(-unit * learnt.below.predict(inputs)[:, 0])
        return CandleForecast(
            last=last,
            open=open_,
            high=np.maximum(high, np.maximum(open_, close)),
            low=np.minimum(low, np.minimum(open_, close)),
            close=close,
            amplitude=last * unit * learnt.amplitude.predict(inputs)[:, 0],
            prob_up=learnt.direction.predict(inputs),
        )

    def details(self) -> dict[str, Any]:
        """Return shares believed and the inputs' importance."""
        learnt = self.learnt
        return {
            "believed": {
                "size_linear": learnt.size.linear_share,
                "size_trees": learnt.size.tree_share,
                "open": learnt.open.linear_share,
                "close": learnt.close.linear_share,
                "high": learnt.above.share,
                "low": learnt.below.share,
                "amplitude": learnt.amplitude.share,
                "direction": learnt.direction.share,
            },
            "prior_up": learnt.direction.prior,
            "importance": importance(
                size=learnt.size.trees, close=learnt.close.trees, direction=learnt.direction.trees
            ),
        }


def realised_candles(history: History, rows: Rows) -> dict[str, Floats]:
    """Return the candle after each of `rows` by the names of `PRICES`."""
    following = {
        name: history.frame[name].to_numpy(np.float64)[rows + 1]
        for name in ("open", "high", "low", "close")
    }
    return following | {"amplitude": _amplitude(history, rows + 1)}


def persistence(history: History, rows: Rows) -> dict[str, Floats]:
    """Return what is forecast by repeating: last price, and the last candle's reach."""
    last, path = history.path.close[rows], history.path
    return {
        "open": last,
        "high": path.high[rows],
        "low": path.low[rows],
        "close": last,
        "amplitude": _amplitude(history, rows),
    }


def _direction(lesson: Lesson, move: Floats) -> Chance:
    return Chance.fit(lesson, move > 0)


def _to_open(history: History, rows: Rows) -> Floats:
    """Return the log-move from the close to the next open."""
    return np.log(history.frame["open"].to_numpy(np.float64)[rows + 1] / history.path.close[rows])


def _amplitude(history: History, rows: Rows) -> Floats:
    return history.path.high[rows] - history.path.low[rows]
