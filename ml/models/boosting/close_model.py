"""Gradient boosting of the close ahead: size, median, scatter and direction of the move.

A forecast starts at the plainest thing known, last price with quantiles of past
moves in units of EWMA volatility. Each more elaborate part (a size that follows
several volatilities and the clock, a linear and a boosted median, trees for the
quantiles, a classifier of direction) is believed only as far as moves held out
from it prove it. Intervals are then made conformal, and follow what comes.
"""

from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit  # type: ignore[import-untyped]

from ml.data import labels
from ml.features.history import History
from ml.features.model_inputs import model_inputs
from ml.models.boosting.classifiers import CalibratedProbability
from ml.models.boosting.fitted import Fitted, Learnt, importance
from ml.models.boosting.location import Location
from ml.models.boosting.quantiles import Quantiles
from ml.models.boosting.scale import Scale
from ml.models.protocol import LEVELS, MEDIAN, Distribution
from ml.scoring.conformal import Widths, follow_widths, learn_widths

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

# A median of one size is about so many log-odds; calibration finds the exact number.
ODDS_A_SIZE = 2.0
SIDES = tuple(level for level in LEVELS if level != 0.5)


class LearntMoves(Learnt, frozen=True):
    """The parts of a forecast of the close."""

    scale: Scale = msgspec.field(name="size")
    location: Location = msgspec.field(name="drift")
    quantiles: Quantiles = msgspec.field(name="spread")
    direction: CalibratedProbability
    widths: Widths


class BoostingModel(Fitted[LearntMoves]):
    """A `Model`; see the module."""

    name: ClassVar[str] = "boosting"
    learns: ClassVar[type[Any]] = LearntMoves

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from `rows`; raises `InvalidRequest` where they are too few."""
        training = self.training_set(history, rows, labels.fixed_spans(rows, self.horizon))
        move = labels.moves(history.path, rows, self.horizon)
        up, down = labels.extremes(history.path, rows, self.horizon)
        scale = Scale.fit(training, np.abs(move) + (up - down) / 2, np.abs(move))
        unit = scale.predict(training.inputs)
        location = Location.fit(training, move, unit)
        scatter = move / unit - location.predict(training.inputs)
        sides = Quantiles.fit(training, scatter, SIDES, unit)
        held_out = scatter[training.held_out]
        quantiles = _with_median(sides.predict(training.held_out_inputs))
        raw = _odds_of_rise(location, training.inputs)
        self._learnt = LearntMoves(
            name=self.name,
            about=self.about(history, rows),
            scale=scale,
            location=location,
            quantiles=sides,
            direction=CalibratedProbability.fit(training, move > 0, raw),
            widths=learn_widths(held_out, quantiles, LEVELS, self.horizon),
        )

    def predict(self, history: History, rows: Rows) -> Distribution:
        """Forecast from `rows`, ascending and ready."""
        learnt = self.learnt
        every = history.rows_since(learnt.about.trained_until, rows)
        inputs = model_inputs(history.features, history.path.close, every)
        unit, median = learnt.scale.predict(inputs), learnt.location.predict(inputs)
        scatter = history.where_known(labels.moves, every, self.horizon) / unit - median
        raw, end = _with_median(learnt.quantiles.predict(inputs)), every + self.horizon
        quantiles = follow_widths(learnt.widths, scatter, raw, LEVELS, every, end)
        quantiles[:, MEDIAN] = 0.0
        moves = unit[:, None] * (median[:, None] + np.sort(quantiles, axis=1))
        last = history.path.close[every]
        prob_up = learnt.direction.predict(inputs, _odds_of_rise(learnt.location, inputs))
        wanted = np.searchsorted(every, rows)
        return Distribution(last, last[:, None] * np.exp(moves), prob_up).take(wanted)

    def details(self) -> dict[str, Any]:
        """Return shares believed, widths and the inputs' importance."""
        learnt = self.learnt
        return {
            "believed": {
                "size_linear": learnt.scale.linear_share,
                "size_trees": learnt.scale.tree_share,
                "median_linear": learnt.location.linear_share,
                "median_trees": learnt.location.tree_share,
                "spread_trees": learnt.quantiles.share,
                "direction": learnt.direction.share,
            },
            "prior_up": learnt.direction.prior,
            "widths": {name: width.start for name, width in learnt.widths.items()},
            "importance": importance(
                size=learnt.scale.trees,
                median=learnt.location.trees,
                direction=learnt.direction.trees,
            ),
        }


def _odds_of_rise(location: Location, inputs: Floats) -> Floats:
    """Return a raw probability of a rise from the linear median, believed or not."""
    return np.asarray(expit(ODDS_A_SIZE * location.raw(inputs)))


def _with_median(sides: Floats) -> Floats:
    """Put the median, which is 0 by construction, between the quantiles of both sides."""
    return np.insert(sides, MEDIAN, 0.0, axis=1)
