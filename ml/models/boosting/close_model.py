"""Gradient boosting of the close ahead: size, median, scatter and direction of the move.

A forecast starts at the plainest thing known, last price with quantiles of past
moves in units of EWMA volatility. Each more elaborate part (a size that follows
several volatilities and the clock, a linear and a boosted median, trees for the
quantiles, a classifier of direction) is believed only as far as moves held out
from it prove it, and averaged with the tuned EWMA's intervals where those add
something. Intervals are then made conformal, and follow what comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit  # type: ignore[import-untyped]

from ml.data import labels
from ml.features.history import History
from ml.models.baselines import EwmaOrGarch, Reaches
from ml.models.boosting.classifiers import CalibratedProbability
from ml.models.boosting.closure_drift import ClosureDrift
from ml.models.boosting.fitted import Fitted, Learnt, importance
from ml.models.boosting.input_reader import crosses_closure
from ml.models.boosting.location import ODDS_A_SIZE, Location
from ml.models.boosting.one_standard_error import cautious_share
from ml.models.boosting.quantiles import Quantiles
from ml.models.boosting.scale import Scale
from ml.models.boosting.training_set import TrainingSet
from ml.models.protocol import LEVELS, MEDIAN, Distribution, Followed
from ml.scoring.conformal import Widths, carry_widths, learn_widths, quantile_shifts
from ml.scoring.scores import quantile_loss

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

SIDES = tuple(level for level in LEVELS if level != 0.5)


@dataclass(frozen=True, eq=False)
class Labels:
    """What came of each row, in log-returns: the close's move, and how large moves were."""

    move: Floats
    size: Floats


class MoveParts(msgspec.Struct, frozen=True):
    """Scale, median and scatter of moves."""

    scale: Scale
    location: Location
    quantiles: Quantiles

    @classmethod
    def fit(cls, training: TrainingSet, label: Labels) -> Self:
        """Learn all parts, and how much of each to believe."""
        scale = Scale.fit(training, label.size, np.abs(label.move))
        unit = scale.predict(training.inputs)
        location = Location.fit(training, label.move, unit)
        scatter = label.move / unit - location.predict(training.inputs)
        return cls(scale, location, Quantiles.fit(training, scatter, SIDES, unit))

    def refit(self, training: TrainingSet, label: Labels) -> Self:
        """Learn the same anew from other rows, and believe as much of each."""
        scale = self.scale.refit(training, label.size)
        unit = scale.predict(training.inputs)
        location = self.location.refit(training, label.move, unit)
        scatter = label.move / unit - location.predict(training.inputs)
        return type(self)(scale, location, self.quantiles.refit(training, scatter))

    def predict(self, inputs: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the scale, and in units of it the median and quantiles from there."""
        unit, median = self.scale.predict(inputs), self.location.predict(inputs)
        return unit, median, _with_median(self.quantiles.predict(inputs))


class LearntMoves(Learnt, frozen=True):
    """The parts of a forecast of the close; `plain` has the share `plain_share` in quantiles."""

    scale: Scale = msgspec.field(name="size")
    location: Location = msgspec.field(name="drift")
    quantiles: Quantiles = msgspec.field(name="spread")
    direction: CalibratedProbability
    widths: Widths
    # Files of earlier versions have none of these.
    plain: Reaches | None = None
    plain_share: float = 0.0
    closure_drift: ClosureDrift = ClosureDrift()

    @property
    def parts(self) -> MoveParts:
        """Return what does not depend on the past's outcomes."""
        return MoveParts(self.scale, self.location, self.quantiles)


class BoostingModel(Fitted[LearntMoves]):
    """A `Model`; see the module."""

    name: ClassVar[str] = "boosting"
    learns: ClassVar[type[Any]] = LearntMoves

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from `rows`; raises `InvalidRequest` where they are too few.

        What is held out decides how much is believed and how wide intervals are; then all
        is learnt anew from every row.
        """
        spans = labels.fixed_spans(rows, self.horizon)
        held_out = TrainingSet.share_for_intervals(rows, self.horizon)
        training = self.training_set(history, rows, spans, held_out)
        move = labels.moves(history.path, rows, self.horizon)
        closures = ClosureDrift.learn(history, rows, training.inputs)
        drift = closures.predict(training.inputs)
        path = closures.path_without(history, rows, training.inputs)
        up, down = labels.extremes(path, rows, self.horizon)
        label = Labels(move - drift, np.abs(move - drift) + (up - down) / 2)
        parts = MoveParts.fit(training, label)
        raw = _odds_of_rise(parts.location, training.inputs)
        direction = CalibratedProbability.fit(training, move > 0, raw)
        apart = self.set_apart(training)
        foretold = training.foretold(parts, lambda other: parts.refit(other, label), apart)
        plain = EwmaOrGarch.reaches(history, rows, self.horizon)
        share, widths = self._intervals(history, label, drift, apart, foretold, plain)
        final = parts.refit(training.whole, label)
        self._learnt = LearntMoves(
            name=self.name,
            about=self.about(history, training),
            scale=final.scale,
            location=final.location,
            quantiles=final.quantiles,
            direction=direction.refit(training.whole, move > 0),
            widths=widths,
            plain=plain,
            plain_share=share,
            closure_drift=closures,
        )

    @property
    def follows(self) -> bool:
        """Say whether widths are carried on; those of earlier versions begin anew each time."""
        return all(width.carried for width in self.learnt.widths.values())

    def _intervals(
        self,
        history: History,
        label: Labels,
        drift: Floats,
        apart: Bools,
        foretold: Sequence[tuple[TrainingSet, MoveParts]],
        plain: Reaches,
    ) -> tuple[float, Widths]:
        """Return the share of the plain quantiles, and the widths of both together.

        What is plain has too few parameters to be better where it was fitted.
        """
        columns = []
        for training, parts in foretold:
            held_out = training.rows[training.held_out]
            unit, median, own = parts.predict(training.held_out_inputs)
            moves = plain.quantiles(history, held_out, self.horizon)
            theirs = _relative(moves, drift[training.held_out], unit, median)
            scatter = label.move[training.held_out] / unit - median
            columns.append((apart[training.held_out], scatter, own, theirs, unit))
        own_width, scatter, own, theirs, unit = (
            np.concatenate(column) for column in zip(*columns, strict=True)
        )
        share = _share_of_plain(scatter, own, theirs, unit, self.horizon)
        quantiles = own + share * (theirs - own)
        return share, learn_widths(scatter, quantiles, LEVELS, self.horizon, own_width)

    def predict(self, history: History, rows: Rows) -> Distribution:
        """Forecast from `rows`, ascending and ready."""
        return self.predict_from(history, rows, None)[0]

    def predict_from(
        self, history: History, rows: Rows, followed: Followed | None
    ) -> tuple[Distribution, Followed | None]:
        """Forecast from `rows`, going on from what was `followed`; see `Model`."""
        learnt, window = self.learnt, self.window(history, rows, followed)
        every, inputs = window.rows, learnt.about.inputs(history, window.rows)
        unit, median, raw = learnt.parts.predict(inputs)
        drift = learnt.closure_drift.predict(inputs)
        scatter = (window.outcomes(labels.moves) - drift) / unit - median
        if learnt.plain is not None and learnt.plain_share:
            plain = learnt.plain.quantiles(history, every, self.horizon)
            theirs = _relative(plain, drift, unit, median)
            raw = raw + learnt.plain_share * (theirs - raw)
        closed, since = crosses_closure(inputs), window.places
        quantiles, places = carry_widths(
            learnt.widths, scatter, raw, LEVELS, every, window.end, closed, since
        )
        quantiles[:, MEDIAN] = raw[:, MEDIAN]
        around = unit[:, None] * (median[:, None] + np.sort(quantiles, axis=1))
        moves = drift[:, None] + around
        last = history.path.close[every]
        prob_up = learnt.direction.predict(inputs, _odds_of_rise(learnt.location, inputs))
        found = Distribution(last, last[:, None] * np.exp(moves), prob_up)
        return found.take(window.asked), window.followed(places)

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
                "plain": learnt.plain_share,
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


def _relative(moves: Floats, drift: Floats, unit: Floats, median: Floats) -> Floats:
    """Return the quantiles of log-moves, shape (n, levels), in units from drift and median."""
    return np.asarray((moves - drift[:, None]) / unit[:, None] - median[:, None])


def _share_of_plain(
    scatter: Floats, own: Floats, plain: Floats, unit: Floats, horizon: int
) -> float:
    """Return the share of `plain` whose quantiles, made conformal, prove better than none."""

    def loss(share: float) -> Floats:
        quantiles = own + share * (plain - own)
        shifts = quantile_shifts(scatter[:, None], quantiles[:, None, :], LEVELS)
        losses = quantile_loss(scatter[:, None], quantiles + shifts[0], np.asarray(LEVELS))
        return np.asarray(unit * losses.mean(axis=1))

    return cautious_share(loss, horizon)
