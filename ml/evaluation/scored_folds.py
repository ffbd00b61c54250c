"""A walk-forward's forecasts beside their outcomes, and the result that is shown of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.clock.times import format_time
from ml.evaluation.kind import Columns, Kind, join
from ml.evaluation.walk import FoldForecasts
from ml.features.history import History

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class ScoredFolds:
    """Every model's columns, a table a fold, whatever the kind."""

    kind: Kind
    history: History
    folds: Sequence[FoldForecasts]
    columns: Mapping[str, Sequence[Columns]]

    @classmethod
    def of(cls, kind: Kind, history: History, folds: Sequence[FoldForecasts]) -> Self:
        """Lay all forecasts of a walk beside their outcomes."""
        columns = {
            name: [kind.columns(history, fold, fold.forecasts[name]) for fold in folds]
            for name in folds[0].forecasts
        }
        return cls(kind, history, folds, columns)

    def whole(self, model: str) -> Columns:
        """Return a model's columns over all folds."""
        return join(self.columns[model])

    def loss(self, model: str) -> Floats:
        """Return a model's loss of each forecast, in order of time."""
        return self.whole(model)["loss"]

    @cached_property
    def baseline(self) -> str:
        """Return the baseline with the least loss on these folds."""
        return min(self.kind.baselines, key=lambda name: float(self.loss(name).mean()))

    def scores(self, model: str) -> dict[str, Any]:
        """Return `{n, scores, baseline_scores, verdict}` of a model over all folds."""
        return self.kind.scores(self.whole(model), self.whole(self.baseline), self.baseline)

    def result(self, model: str) -> dict[str, Any]:
        """Return `{n, scores, baseline, baseline_scores, verdict, folds}` and its kind's own."""
        folds = [self._fold(number, model) for number in range(len(self.folds))]
        named = {"baseline": self.baseline, "folds": folds}
        return self.scores(model) | named | self.kind.details(self.whole, model)

    def _fold(self, number: int, model: str) -> dict[str, Any]:
        fold = self.folds[number]
        ours, theirs = (self.columns[name][number] for name in (model, self.baseline))
        return {
            "train": describe_rows(self.history, fold.train),
            "test": describe_rows(self.history, fold.test),
            **self.kind.fold_scores(ours, theirs, self.baseline),
            "model": fold.models[model].describe(),
            "baseline_model": fold.models[self.baseline].describe(),
        }


def describe_rows(history: History, rows: Rows) -> dict[str, Any]:
    """Return how many rows there are, and the openings of the first and the last."""
    start, end = (format_time(int(history.times[row]) * 1_000) for row in (rows[0], rows[-1]))
    return {"n": len(rows), "start": start, "end": end}
