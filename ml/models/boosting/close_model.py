"""Gradient boosting of the close ahead: size, median, scatter and direction of the move.

A forecast starts at the plainest thing known, last price with quantiles of past
moves in units of EWMA volatility. Each more elaborate part (a size that follows
several volatilities and the clock, a linear and a boosted median, trees for the
quantiles, a classifier of direction) is believed only as far as moves held back
from it prove it. Intervals are then made conformal, and follow what comes.
"""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit  # type: ignore[import-untyped]

from ml.data import labels
from ml.features.history import History
from ml.features.model_inputs import model_inputs
from ml.models.boosting.calibrated_probability import Chance
from ml.models.boosting.fitted import Fitted, Learnt, importance
from ml.models.boosting.location import MoveDrift
from ml.models.boosting.quantiles import MoveSpread
from ml.models.boosting.scale import MoveSize
from ml.models.protocol import LEVELS, MEDIAN, Distribution
from ml.scoring.widths import Widths, follow_widths, learn_widths

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

# A median of one size is about so many log-odds; calibration finds the exact number.
ODDS_A_SIZE = 2.0
SIDES = tuple(level for level in LEVELS if level != 0.5)


class LearntMoves(Learnt, frozen=True):
    """The parts of a forecast of the close."""

    size: MoveSize
    drift: MoveDrift
    spread: MoveSpread
    direction: Chance
    widths: Widths


class BoostingModel(Fitted[LearntMoves]):
    """A `Model`; see the module."""

    name: ClassVar[str] = "boosting"
    kind: ClassVar[type[Any]] = LearntMoves

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from `rows`; raises `InvalidRequest` where they are too few."""
        lesson = self.lesson(history, rows, labels.fixed_spans(rows, self.horizon))
        move = labels.moves(history.path, rows, self.horizon)
        up, down = labels.extremes(history.path, rows, self.horizon)
        size = MoveSize.fit(lesson, np.abs(move) + (up - down) / 2, np.abs(move))
        unit = size.predict(lesson.inputs)
        drift = MoveDrift.fit(lesson, move, unit)
        scatter = move / unit - drift.predict(lesson.inputs)
        spread = MoveSpread.fit(lesson, scatter, SIDES, unit)
        quantiles = _with_median(spread.predict(lesson.held_inputs))
        self._learnt = LearntMoves(
            name=self.name,
            about=self.about(history, rows),
            size=size,
            drift=drift,
            spread=spread,
            direction=Chance.fit(lesson, move > 0, _odds_of_rise(drift, lesson.inputs)),
            widths=learn_widths(scatter[lesson.held], quantiles, LEVELS, self.horizon),
        )

    def predict(self, history: History, rows: Rows) -> Distribution:
        """Forecast from `rows`, ascending and ready."""
        learnt = self.learnt
        every = history.rows_since(learnt.about.trained_until, rows)
        inputs = model_inputs(history.features, history.path.close, every)
        unit, median = learnt.size.predict(inputs), learnt.drift.predict(inputs)
        scatter = history.moves_known(every, self.horizon) / unit - median
        raw, end = _with_median(learnt.spread.predict(inputs)), every + self.horizon
        quantiles = follow_widths(learnt.widths, scatter, raw, LEVELS, every, end)
        quantiles[:, MEDIAN] = 0.0
        moves = unit[:, None] * (median[:, None] + np.sort(quantiles, axis=1))
        last = history.path.close[every]
        chance = learnt.direction.predict(inputs, _odds_of_rise(learnt.drift, inputs))
        wanted = np.searchsorted(every, rows)
        return Distribution(last, last[:, None] * np.exp(moves), chance).take(wanted)

    def details(self) -> dict[str, Any]:
        """Return shares believed, widths and the inputs' importance."""
        learnt = self.learnt
        return {
            "believed": {
                "size_linear": learnt.size.linear_share,
                "size_trees": learnt.size.tree_share,
                "median_linear": learnt.drift.linear_share,
                "median_trees": learnt.drift.tree_share,
                "spread_trees": learnt.spread.share,
                "direction": learnt.direction.share,
            },
            "prior_up": learnt.direction.prior,
            "widths": {name: width.start for name, width in learnt.widths.items()},
            "importance": importance(
                size=learnt.size.trees, median=learnt.drift.trees, direction=learnt.direction.trees
            ),
        }


def _odds_of_rise(drift: MoveDrift, inputs: Floats) -> Floats:
    """Return a raw chance of a rise from the linear median, believed or not."""
    return np.asarray(expit(ODDS_A_SIZE * drift.raw(inputs)))


def _with_median(sides: Floats) -> Floats:
    """Put the median, which is 0 by construction, between the quantiles of both sides."""
    return np.insert(sides, MEDIAN, 0.0, axis=1)
