"""Gradient boosting of the close ahead: size, median, scatter and direction of the move.

A forecast starts at the plainest thing known, last price with quantiles of past
moves in units of a size that follows volatility and the clock. Each more
elaborate part (trees for the size, a linear and a boosted median, trees for the
quantiles, a classifier of direction) is believed only as far as moves held back
from it prove it. Intervals are then made conformal, and follow what comes.
"""

from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml import labels
from ml.models.boosters import BoostingOptions
from ml.models.direction import Direction
from ml.models.history import History
from ml.models.inputs import INPUTS, model_inputs
from ml.models.lesson import Lesson, Trees
from ml.models.move_drift import MoveDrift
from ml.models.move_size import MoveSize
from ml.models.move_spread import MoveSpread
from ml.models.protocol import LEVELS, MEDIAN, Distribution, Files
from ml.models.widths import Widths

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

SIDES = tuple(level for level in LEVELS if level != 0.5)
FILE = "model.json"


class Learnt(msgspec.Struct, frozen=True):
    """All that a fitted model consists of."""

    name: str
    horizon: int
    seed: int
    options: BoostingOptions
    sessions: dict[str, Any]
    trained_until: int
    rows: int
    size: MoveSize
    drift: MoveDrift
    spread: MoveSpread
    direction: Direction
    widths: Widths


class BoostingModel:
    """See the module; `options` say which library and how hard it learns."""

    name = "boosting"

    def __init__(self, horizon: int, seed: int = 0, options: BoostingOptions | None = None) -> None:
        self.horizon = horizon
        self._seed = seed
        self._options = options or BoostingOptions()
        self._learnt: Learnt | None = None

    @property
    def learnt(self) -> Learnt:
        """Return what was learnt; raises `ValueError` before any fit."""
        if self._learnt is None:
            raise ValueError("the model has not been fitted")
        return self._learnt

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from `rows`; raises `InvalidRequest` where they are too few."""
        spans = labels.fixed_spans(rows, self.horizon)
        lesson = Lesson.prepare(history, rows, spans, self.horizon, self._options, self._seed)
        move = labels.moves(history.path, rows, self.horizon)
        up, down = labels.extremes(history.path, rows, self.horizon)
        size = MoveSize.fit(lesson, np.abs(move) + (up - down) / 2)
        unit = size.predict(lesson.inputs)
        drift = MoveDrift.fit(lesson, move, unit)
        scatter = move / unit - drift.predict(lesson.inputs)
        spread = MoveSpread.fit(lesson, scatter, SIDES, unit)
        held = lesson.held
        quantiles = _with_median(spread.predict(lesson.inputs[held]))
        self._learnt = Learnt(
            name=self.name,
            horizon=self.horizon,
            seed=self._seed,
            options=self._options,
            sessions=history.sessions.to_dict(),
            trained_until=int(history.times[rows[-1]]),
            rows=len(rows),
            size=size,
            drift=drift,
            spread=spread,
            direction=Direction.fit(lesson, move > 0, drift.raw(lesson.inputs)),
            widths=Widths.learn(scatter[held], quantiles, LEVELS, self.horizon),
        )

    def predict(self, history: History, rows: Rows) -> Distribution:
        """Forecast from `rows`, ascending and ready."""
        learnt = self.learnt
        since = history.ready()
        since = since[(history.times[since] > learnt.trained_until) & (since <= rows[-1])]
        every = np.union1d(since, rows)
        inputs = model_inputs(history.features, history.path.close, every)
        unit, median = learnt.size.predict(inputs), learnt.drift.predict(inputs)
        scatter = self._outcomes(history, every) / unit - median
        quantiles = learnt.widths.follow(
            scatter, _with_median(learnt.spread.predict(inputs)), every, every + self.horizon
        )
        quantiles[:, MEDIAN] = 0.0
        moves = unit[:, None] * (median[:, None] + np.sort(quantiles, axis=1))
        last = history.path.close[every]
        chance = learnt.direction.predict(inputs, learnt.drift.raw(inputs))
        wanted = np.searchsorted(every, rows)
        return Distribution(last, last[:, None] * np.exp(moves), chance).take(wanted)

    def _outcomes(self, history: History, rows: Rows) -> Floats:
        """Return the moves that followed `rows`, NaN where the history does not hold them."""
        known = np.isin(rows, history.learnable(self.horizon))
        moves = np.full(len(rows), np.nan)
        moves[known] = labels.moves(history.path, rows[known], self.horizon)
        return moves

    def describe(self) -> dict[str, Any]:
        """Return options, shares believed, widths and the inputs' importance."""
        learnt = self.learnt
        return {
            "name": self.name,
            "horizon": self.horizon,
            "seed": learnt.seed,
            "rows": learnt.rows,
            "trained_until": learnt.trained_until,
            "options": msgspec.to_builtins(learnt.options),
            "believed": {
                "size_trees": learnt.size.share,
                "median_linear": learnt.drift.linear_share,
                "median_trees": learnt.drift.tree_share,
                "spread_trees": learnt.spread.share,
                "direction": learnt.direction.share,
            },
            "prior_up": learnt.direction.prior,
            "widths": dict(learnt.widths.start),
            "importance": self._importance(),
        }

    def _importance(self) -> dict[str, dict[str, float]]:
        learnt = self.learnt
        parts: dict[str, Trees | None] = {
            "size": learnt.size.trees,
            "median": learnt.drift.trees,
            "direction": learnt.direction.trees,
        }
        return {
            part: dict(zip(INPUTS, trees.importance().round(6).tolist(), strict=True))
            for part, trees in parts.items()
            if trees is not None
        }

    def to_files(self) -> dict[str, bytes]:
        """Return one file of JSON, which holds each booster as its library's own text."""
        return {FILE: msgspec.json.encode(self.learnt)}

    @classmethod
    def from_files(cls, files: Files) -> Self:
        """Return the model that `to_files` wrote."""
        learnt = msgspec.json.decode(files[FILE], type=Learnt)
        model = cls(learnt.horizon, learnt.seed, learnt.options)
        model._learnt = learnt
        return model


def _with_median(sides: Floats) -> Floats:
    """Put the median, which is 0 by construction, between the quantiles of both sides."""
    return np.insert(sides, MEDIAN, 0.0, axis=1)
