"""How high and how low prices go on the way: the range of the next candles' whole path."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.data import labels
from ml.features.history import History
from ml.features.model_inputs import model_inputs
from ml.models.boosting.fitted import Fitted, Learnt, importance
from ml.models.boosting.quantiles import MoveSpread
from ml.models.boosting.scale import MoveSize
from ml.scoring.widths import Width

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

# The median, and the bound of each side: both sides hold together in about COVERAGE of cases.
LEVELS = (0.5, 0.95)
COVERAGE = 0.9


@dataclass(frozen=True, eq=False, slots=True)
class RangeForecast:
    """Prices, one element a row: `high` and `low` are the medians of the path's extremes.

    The whole path stays within `lower`..`upper` in 90% of cases.
    """

    last: Floats
    high: Floats
    low: Floats
    upper: Floats
    lower: Floats

    def take(self, index: Rows) -> "RangeForecast":
        """Return the forecasts at `index`."""
        columns = (self.last, self.high, self.low, self.upper, self.lower)
        return RangeForecast(*(column[index] for column in columns))


class LearntRange(Learnt, frozen=True):
    """The parts of a range; `above` and `below` are in units of `size`."""

    size: MoveSize
    above: MoveSpread
    below: MoveSpread
    width: Width


class PathRangeModel(Fitted[LearntRange]):
    """Quantile boosting of both extremes, made conformal together."""

    name: ClassVar[str] = "path_range"
    kind: ClassVar[type[Any]] = LearntRange

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from `rows`; raises `InvalidRequest` where they are too few."""
        lesson = self.lesson(history, rows, labels.fixed_spans(rows, self.horizon))
        up, down = reaches(history, rows, self.horizon)
        size = MoveSize.fit(lesson, up + down, np.maximum(up, down))
        unit = size.predict(lesson.inputs)
        above = MoveSpread.fit(lesson, up / unit, LEVELS, unit)
        below = MoveSpread.fit(lesson, down / unit, LEVELS, unit)
        held = lesson.held
        ceiling, floor = (side.predict(lesson.held_inputs)[:, 1] for side in (above, below))
        scores = np.maximum(up[held] / unit[held] - ceiling, down[held] / unit[held] - floor)
        reach = float((ceiling + floor).mean()) / 2
        self._learnt = LearntRange(
            name=self.name,
            about=self.about(history, rows),
            size=size,
            above=above,
            below=below,
            width=Width.learn(scores, reach, COVERAGE, self.horizon),
        )

    def predict(self, history: History, rows: Rows) -> RangeForecast:
        """Forecast from `rows`, ascending and ready; see `Model.predict`."""
        learnt = self.learnt
        every = history.rows_since(learnt.about.trained_until, rows)
        inputs = model_inputs(history.features, history.path.close, every)
        unit = learnt.size.predict(inputs)
        above, below = learnt.above.predict(inputs), learnt.below.predict(inputs)
        up, down = self._outcomes(history, every)
        scores = np.maximum(up / unit - above[:, 1], down / unit - below[:, 1])
        width = learnt.width.follow(scores, every, every + self.horizon)
        last = history.path.close[every]
        return RangeForecast(
            last=last,
            high=last * np.exp(unit * above[:, 0]),
            low=last * np.exp(-unit * below[:, 0]),
            upper=last * np.exp(unit * np.maximum(above[:, 1] + width, above[:, 0])),
            lower=last * np.exp(-unit * np.maximum(below[:, 1] + width, below[:, 0])),
        ).take(np.searchsorted(every, rows))

    def _outcomes(self, history: History, rows: Rows) -> tuple[Floats, Floats]:
        """Return what came, NaN where the history does not hold the whole path."""
        known = np.isin(rows, history.learnable(self.horizon))
        up, down = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        up[known], down[known] = reaches(history, rows[known], self.horizon)
        return up, down

    def details(self) -> dict[str, Any]:
        """Return shares believed, width and the inputs' importance."""
        learnt = self.learnt
        return {
            "believed": {
                "size_linear": learnt.size.linear_share,
                "size_trees": learnt.size.tree_share,
                "above_trees": learnt.above.share,
                "below_trees": learnt.below.share,
            },
            "width": learnt.width.start,
            "importance": importance(size=learnt.size.trees),
        }


def reaches(history: History, rows: Rows, horizon: int) -> tuple[Floats, Floats]:
    """Return how far the path goes up and down from each close, both as log-moves from 0 on."""
    high, low = labels.extremes(history.path, rows, horizon)
    return np.maximum(high, 0.0), np.maximum(-low, 0.0)
