"""How high and how low prices go on the way: the range of the next candles' whole path.

Its bounds are averaged with those of the best EWMA range, by a weight learnt on rows held
out: far ahead a plain average of past volatility is hard to beat, and what the model adds
counts as far as it is proven there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.data import labels
from ml.features.history import History
from ml.models.boosting.closure_drift import ClosureDrift
from ml.models.boosting.fitted import Fitted, Learnt, Window, importance
from ml.models.boosting.input_reader import crosses_closure
from ml.models.boosting.one_standard_error import SHARES, cautious_share
from ml.models.boosting.quantiles import Quantiles
from ml.models.boosting.scale import Scale
from ml.models.boosting.training_set import TrainingSet
from ml.models.path_baselines import EwmaOrGarchRange, Multiples, bounds_loss
from ml.models.protocol import RANGE_COVERAGE, RANGE_LEVELS, Followed, RangeForecast
from ml.scoring.conformal import Place, Width, conformal_quantile

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

COVERAGE_NAME = f"{RANGE_COVERAGE:g}"


@dataclass(frozen=True, eq=False)
class Reached:
    """How far prices went up and down on the way, as log-moves from 0 on."""

    up: Floats
    down: Floats

    @classmethod
    def beyond(cls, reaches: tuple[Floats, Floats], drift: tuple[Floats, Floats]) -> Self:
        """Return what of `reaches` is left beyond the `drift` to either side."""
        return cls(*(np.maximum(a - b, 0) for a, b in zip(reaches, drift, strict=True)))


class RangeParts(msgspec.Struct, frozen=True):
    """Scale, and quantiles of both sides in units of it."""

    scale: Scale
    above: Quantiles
    below: Quantiles

    @classmethod
    def fit(cls, training: TrainingSet, reached: Reached) -> Self:
        """Learn all parts, and how much of each to believe."""
        up, down = reached.up, reached.down
        scale = Scale.fit(training, up + down, np.maximum(up, down))
        unit = scale.predict(training.inputs)
        above = Quantiles.fit(training, up / unit, RANGE_LEVELS, unit)
        return cls(scale, above, Quantiles.fit(training, down / unit, RANGE_LEVELS, unit))

    def refit(self, training: TrainingSet, reached: Reached) -> Self:
        """Learn the same anew from other rows, and believe as much of each."""
        scale = self.scale.refit(training, reached.up + reached.down)
        unit = scale.predict(training.inputs)
        above = self.above.refit(training, reached.up / unit)
        return type(self)(scale, above, self.below.refit(training, reached.down / unit))

    def predict(self, inputs: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the scale, and in units of it the quantiles of both sides, shape (n, levels)."""
        return self.scale.predict(inputs), self.above.predict(inputs), self.below.predict(inputs)


class LearntRange(Learnt, frozen=True):
    """The parts of a range; `above` and `below` are in units of `scale`.

    `plain` has the share `plain_share` in both bounds.
    """

    scale: Scale = msgspec.field(name="size")
    above: Quantiles
    below: Quantiles
    width: Width
    # Files of earlier versions have none of these.
    plain: Multiples | None = None
    plain_share: float = 0.0
    closure_drift: ClosureDrift = ClosureDrift()

    @property
    def parts(self) -> RangeParts:
        """Return what does not depend on the past's outcomes."""
        return RangeParts(self.scale, self.above, self.below)

    def bounds(
        self,
        history: History,
        rows: Rows,
        unit: Floats,
        own: tuple[Floats, Floats],
        drift: tuple[Floats, Floats],
    ) -> tuple[Floats, Floats]:
        """Return the bounds beyond `drift` in units of `scale`, `own` being those of the trees."""
        if self.plain is None:
            return own
        plain = _plain_bounds(self.plain, history, rows, self.about.horizon, unit, drift)
        return _average(own, plain, self.plain_share)


class PathRangeModel(Fitted[LearntRange]):
    """Quantile boosting of both extremes, made conformal together."""

    name: ClassVar[str] = "path_range"
    learns: ClassVar[type[Any]] = LearntRange

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from `rows`; raises `InvalidRequest` where they are too few.

        What is held out decides how much is believed and how wide bounds are; then all is
        learnt anew from every row.
        """
        spans = labels.fixed_spans(rows, self.horizon)
        held_out = TrainingSet.share_for_intervals(rows, self.horizon)
        training = self.training_set(history, rows, spans, held_out)
        closures = ClosureDrift.learn(history, rows, training.inputs)
        drift = closures.sides(training.inputs)
        reached = Reached.beyond(labels.reaches(history.path, rows, self.horizon), drift)
        parts = RangeParts.fit(training, reached)
        apart = self.set_apart(training)
        foretold = training.foretold(parts, lambda other: parts.refit(other, reached), apart)
        plain = EwmaOrGarchRange.multiples(history, rows, self.horizon)
        share, width = self._bounds(history, reached, drift, apart, foretold, plain)
        final = parts.refit(training.whole, reached)
        self._learnt = LearntRange(
            name=self.name,
            about=self.about(history, training),
            scale=final.scale,
            above=final.above,
            below=final.below,
            width=width,
            plain=plain,
            plain_share=share,
            closure_drift=closures,
        )

    @property
    def follows(self) -> bool:
        """Say whether widths are carried on; those of earlier versions begin anew each time."""
        return self.learnt.width.carried

    def _bounds(
        self,
        history: History,
        reached: Reached,
        drift: tuple[Floats, Floats],
        apart: Bools,
        foretold: Sequence[tuple[TrainingSet, RangeParts]],
        plain: Multiples,
    ) -> tuple[float, Width]:
        """Return the share of the plain bounds, and the width of both together.

        What is plain has too few parameters to be better where it was fitted.
        """
        columns = []
        for training, parts in foretold:
            held_out = training.rows[training.held_out]
            own_width = apart[training.held_out]
            unit, above, below = parts.predict(training.held_out_inputs)
            expected = drift[0][training.held_out], drift[1][training.held_out]
            theirs = _plain_bounds(plain, history, held_out, self.horizon, unit, expected)
            came = tuple(side[training.held_out] / unit for side in (reached.up, reached.down))
            columns.append((own_width, unit, *came, above[:, 1], below[:, 1], *theirs))
        own_width, unit, *sides = (np.concatenate(column) for column in zip(*columns, strict=True))
        came, own, theirs = (sides[0], sides[1]), (sides[2], sides[3]), (sides[4], sides[5])
        share = _share_of_plain(came, own, theirs, unit, self.horizon)
        bounds = _average(own, theirs, share)
        reach = (bounds[0] + bounds[1]) / 2
        scores = _scores(came, bounds)
        return share, Width.learn(scores, reach, RANGE_COVERAGE, self.horizon, own_width)

    def predict(self, history: History, rows: Rows) -> RangeForecast:
        """Forecast from `rows`, ascending and ready; see `Model.predict`."""
        return self.predict_from(history, rows, None)[0]

    def predict_from(
        self, history: History, rows: Rows, followed: Followed | None
    ) -> tuple[RangeForecast, Followed | None]:
        """Forecast from `rows`, going on from what was `followed`; see `Model`."""
        learnt, window = self.learnt, self.window(history, rows, followed)
        every = window.rows
        inputs = learnt.about.inputs(history, every)
        unit, above, below = learnt.parts.predict(inputs)
        up, down = drift = learnt.closure_drift.sides(inputs)
        reaches = window.outcomes(_reach_up), window.outcomes(_reach_down)
        came = Reached.beyond(reaches, drift)
        bounds = learnt.bounds(history, every, unit, (above[:, 1], below[:, 1]), drift)
        scores = _scores((came.up / unit, came.down / unit), bounds)
        width, places = self._follow(window, scores, crosses_closure(inputs))
        last = history.path.close[every]
        found = RangeForecast(
            last=last,
            high=last * np.exp(up + unit * above[:, 0]),
            low=last * np.exp(-down - unit * below[:, 0]),
            upper=last * np.exp(up + unit * np.maximum(bounds[0] + width, above[:, 0])),
            lower=last * np.exp(-down - unit * np.maximum(bounds[1] + width, below[:, 0])),
        )
        return found.take(window.asked), window.followed(places)

    def _follow(
        self, window: Window, scores: Floats, closed: Bools
    ) -> tuple[Floats, dict[str, Place]]:
        since = (window.places or {}).get(COVERAGE_NAME)
        widths, place = self.learnt.width.carry(scores, window.rows, window.end, closed, since)
        return widths, {COVERAGE_NAME: place} if place else {}

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
    plain: Multiples,
    history: History,
    rows: Rows,
    horizon: int,
    unit: Floats,
    drift: tuple[Floats, Floats],
) -> tuple[Floats, Floats]:
    """Return the bounds of an EWMA range beyond `drift`, up and down, in `unit`."""
    above, below = plain.sides(history, rows, horizon)
    return (above[:, 1] - drift[0]) / unit, (below[:, 1] - drift[1]) / unit


def _average(
    own: tuple[Floats, Floats], plain: tuple[Floats, Floats], share: float
) -> tuple[Floats, Floats]:
    up, down = (a + share * (b - a) for a, b in zip(own, plain, strict=True))
    return up, down


def _scores(reached: tuple[Floats, Floats], bounds: tuple[Floats, Floats]) -> Floats:
    """Return by how much the bounds of both sides must be widened to just hold the path."""
    return np.asarray(np.maximum(reached[0] - bounds[0], reached[1] - bounds[1]))


def _share_of_plain(
    reached: tuple[Floats, Floats],
    own: tuple[Floats, Floats],
    plain: tuple[Floats, Floats],
    unit: Floats,
    horizon: int,
) -> float:
    """Return the share of `plain` in the bounds, made conformal: all but what `own` proves."""

    def loss(share: float) -> Floats:
        bounds = _average(own, plain, share)
        width = float(conformal_quantile(_scores(reached, bounds), RANGE_COVERAGE))
        widened = bounds[0] + width, bounds[1] + width
        return np.asarray(unit * bounds_loss(reached, widened))

    return cautious_share(loss, horizon, SHARES[::-1])


def _reach_up(path: labels.Path, rows: Rows, horizon: int) -> Floats:
    return labels.reaches(path, rows, horizon)[0]


def _reach_down(path: labels.Path, rows: Rows, horizon: int) -> Floats:
    return labels.reaches(path, rows, horizon)[1]
