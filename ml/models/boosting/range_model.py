"""How high and how low prices go on the way: the range of the next candles' whole path.

Its bounds are averaged with those of the best EWMA range, by a weight learnt on rows held
out: far ahead a plain average of past volatility is hard to beat, and both together do.
"""

from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.data import labels
from ml.features.history import History
from ml.features.model_inputs import model_inputs
from ml.models.boosting.fitted import Fitted, Learnt, importance
from ml.models.boosting.one_standard_error import SHARES
from ml.models.boosting.quantiles import Quantiles
from ml.models.boosting.scale import Scale
from ml.models.path_baselines import EwmaOrGarchRange, Multiples, bounds_loss
from ml.models.protocol import RANGE_COVERAGE, RANGE_LEVELS, RangeForecast
from ml.scoring.conformal import Width, conformal_quantile

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


class LearntRange(Learnt, frozen=True):
    """The parts of a range; `above` and `below` are in units of `scale`.

    `plain` has the share `plain_share` in both bounds.
    """

    scale: Scale = msgspec.field(name="size")
    above: Quantiles
    below: Quantiles
    width: Width
    # Files of earlier versions have neither.
    plain: Multiples | None = None
    plain_share: float = 0.0

    def bounds(
        self, history: History, rows: Rows, unit: Floats, own: tuple[Floats, Floats]
    ) -> tuple[Floats, Floats]:
        """Return the bounds up and down in units of `scale`, `own` being those of the trees."""
        if self.plain is None:
            return own
        plain = _plain_bounds(self.plain, history, rows, self.about.horizon, unit)
        return _average(own, plain, self.plain_share)


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
        reached = up[held_out] / unit[held_out], down[held_out] / unit[held_out]
        inputs = training.held_out_inputs
        own = above.predict(inputs)[:, 1], below.predict(inputs)[:, 1]
        fitted = EwmaOrGarchRange(self.horizon)
        fitted.fit(history, rows[training.learn])
        plain = fitted.learnt
        theirs = _plain_bounds(plain, history, rows[held_out], self.horizon, unit[held_out])
        share = _best_share(reached, own, theirs, unit[held_out])
        bounds = _average(own, theirs, share)
        reach = float((bounds[0] + bounds[1]).mean()) / 2
        self._learnt = LearntRange(
            name=self.name,
            about=self.about(history, rows),
            scale=scale,
            above=above,
            below=below,
            width=Width.learn(_scores(reached, bounds), reach, RANGE_COVERAGE, self.horizon),
            plain=plain,
            plain_share=share,
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
        bounds = learnt.bounds(history, every, unit, (above[:, 1], below[:, 1]))
        scores = _scores((up / unit, down / unit), bounds)
        width = learnt.width.follow(scores, every, every + self.horizon)
        last = history.path.close[every]
        return RangeForecast(
            last=last,
            high=last * np.exp(unit * above[:, 0]),
            low=last * np.exp(-unit * below[:, 0]),
            upper=last * np.exp(unit * np.maximum(bounds[0] + width, above[:, 0])),
            lower=last * np.exp(-unit * np.maximum(bounds[1] + width, below[:, 0])),
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
                "plain": learnt.plain_share,
            },
            "width": learnt.width.start,
            "importance": importance(size=learnt.scale.trees),
        }


def _plain_bounds(
    plain: Multiples, history: History, rows: Rows, horizon: int, unit: Floats
) -> tuple[Floats, Floats]:
    """Return the bounds up and down of an EWMA range, in `unit`."""
    above, below = plain.sides(history, rows, horizon)
    return above[:, 1] / unit, below[:, 1] / unit


def _average(
    own: tuple[Floats, Floats], plain: tuple[Floats, Floats], share: float
) -> tuple[Floats, Floats]:
    up, down = (a + share * (b - a) for a, b in zip(own, plain, strict=True))
    return up, down


def _scores(reached: tuple[Floats, Floats], bounds: tuple[Floats, Floats]) -> Floats:
    """Return by how much the bounds of both sides must be widened to just hold the path."""
    return np.asarray(np.maximum(reached[0] - bounds[0], reached[1] - bounds[1]))


def _best_share(
    reached: tuple[Floats, Floats],
    own: tuple[Floats, Floats],
    plain: tuple[Floats, Floats],
    unit: Floats,
) -> float:
    """Return the share of `plain` whose bounds, made conformal, have the least pinball loss."""

    def loss(share: float) -> float:
        bounds = _average(own, plain, share)
        width = float(conformal_quantile(_scores(reached, bounds), RANGE_COVERAGE))
        widened = bounds[0] + width, bounds[1] + width
        return float((unit * bounds_loss(reached, widened)).mean())

    return float(min(SHARES, key=loss))


def _reach_up(path: labels.Path, rows: Rows, horizon: int) -> Floats:
    return labels.reaches(path, rows, horizon)[0]


def _reach_down(path: labels.Path, rows: Rows, horizon: int) -> Floats:
    return labels.reaches(path, rows, horizon)[1]
