"""How high and how low prices go on the way: the range of the next candles' whole path."""

from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.data import labels
from ml.features.history import History
from ml.features.model_inputs import model_inputs
from ml.models.boosting.fitted import Fitted, Learnt, importance
from ml.models.boosting.quantiles import Quantiles
from ml.models.boosting.scale import Scale
from ml.models.protocol import RANGE_COVERAGE, RANGE_LEVELS, RangeForecast
from ml.scoring.conformal import Width

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


class LearntRange(Learnt, frozen=True):
    """The parts of a range; `above` and `below` are in units of `scale`."""

    scale: Scale = msgspec.field(name="size")
    above: Quantiles
    below: Quantiles
    width: Width


class PathRangeModel(Fitted[LearntRange]):
    """Quantile boosting of both extremes, made conformal together."""

    name: ClassVar[str] = "path_range"
    learns: ClassVar[type[Any]] = LearntRange

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from `rows`; raises `InvalidRequest` where they are too few."""
        training = self.training_set(history, rows, labels.fixed_spans(rows, self.horizon))
        up, down = labels.reaches(history.path, rows, self.horizon)
        scale = Scale.fit(training, up + down, np.maximum(up, down))
        unit = scale.predict(training.inputs)
        above = Quantiles.fit(training, up / unit, RANGE_LEVELS, unit)
        below = Quantiles.fit(training, down / unit, RANGE_LEVELS, unit)
        held_out = training.held_out
        ceiling, floor = (side.predict(training.held_out_inputs)[:, 1] for side in (above, below))
        scores = np.maximum(
            up[held_out] / unit[held_out] - ceiling, down[held_out] / unit[held_out] - floor
        )
        reach = float((ceiling + floor).mean()) / 2
        self._learnt = LearntRange(
            name=self.name,
            about=self.about(history, rows),
            scale=scale,
            above=above,
            below=below,
            width=Width.learn(scores, reach, RANGE_COVERAGE, self.horizon),
        )

    def predict(self, history: History, rows: Rows) -> RangeForecast:
        """Forecast from `rows`, ascending and ready; see `Model.predict`."""
        learnt = self.learnt
        every = history.rows_since(learnt.about.trained_until, rows)
        inputs = model_inputs(history.features, history.path.close, every)
        unit = learnt.scale.predict(inputs)
        above, below = learnt.above.predict(inputs), learnt.below.predict(inputs)
        up = history.where_known(_reach_up, every, self.horizon)
        down = history.where_known(_reach_down, every, self.horizon)
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

    def details(self) -> dict[str, Any]:
        """Return shares believed, width and the inputs' importance."""
        learnt = self.learnt
        return {
            "believed": {
                "size_linear": learnt.scale.linear_share,
                "size_trees": learnt.scale.tree_share,
                "above_trees": learnt.above.share,
                "below_trees": learnt.below.share,
            },
            "width": learnt.width.start,
            "importance": importance(size=learnt.scale.trees),
        }


def _reach_up(path: labels.Path, rows: Rows, horizon: int) -> Floats:
    return labels.reaches(path, rows, horizon)[0]


def _reach_down(path: labels.Path, rows: Rows, horizon: int) -> Floats:
    return labels.reaches(path, rows, horizon)[1]
