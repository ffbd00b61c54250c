"""A training for a slot: judge a recipe against champion and baseline, then fit it to all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.data.candle_frames import data_hash, finished
from ml.data.labels import fixed_spans
from ml.data.walkforward import Fold, walk_forward
from ml.evaluation.evaluate import BASELINE, FOLDS, MAX_CANDLES, OTHER_BASELINES, judge_walk, silent
from ml.evaluation.promotion import CHAMPION, compare, objection
from ml.evaluation.walk import EMBARGO, Report, Walker, split_rows, walk_models
from ml.features.history import History, make_history
from ml.models.protocol import Distribution, Model
from ml.models.registry import make_model

Rows = NDArray[np.intp]

# Fewer forecasts since a champion was trained tell nothing about what a newer one is worth.
LEAST_NEW = 100
NOTHING_NEW = (
    f"There are fewer than {LEAST_NEW} candles since the champion was trained in the same way."
)


@dataclass(frozen=True)
class Recipe:
    """What a model is made from, besides candles."""

    model: str
    horizon: int
    seed: int
    options: Mapping[str, Any]

    def make(self) -> Model:
        """Return an unfitted model."""
        return make_model(self.model, self.horizon, self.seed, self.options)


@dataclass(frozen=True, eq=False, slots=True)
class Champion:
    """A fitted model that speaks now, its recipe, and the last opening (s) that it learnt from."""

    fitted: Model
    recipe: Recipe
    trained_until: int


@dataclass(frozen=True, eq=False, slots=True)
class Challenge:
    """The challenger, fitted; how it was judged; why it is promoted, or is not."""

    model: Model
    result: dict[str, Any]
    promoted: bool
    decision: dict[str, Any]
    candles: pd.DataFrame
    trained_until: int
    sessions: dict[str, Any]


class AsItStands:
    """A fitted model that takes part in a walk-forward without learning anything."""

    def __init__(self, fitted: Model) -> None:
        self._fitted = fitted

    def fit(self, history: History, rows: Rows) -> None:
        """Learn nothing."""

    def predict(self, history: History, rows: Rows) -> Distribution:
        """Forecast as the fitted model does."""
        return self._fitted.predict(history, rows)

    def describe(self) -> dict[str, Any]:
        """Return what the fitted model tells of itself."""
        return self._fitted.describe()


def challenge(
    frame: pd.DataFrame,
    resolution: int,
    recipe: Recipe,
    champion: Champion | None,
    *,
    folds: int = FOLDS,
    report: Report = silent,
) -> Challenge:
    """Judge a recipe by a purged walk-forward, then fit it to all candles.

    A champion of another recipe is fitted to the same folds. One of the same
    recipe would be the same there: it competes as it stands, on folds of the
    candles since it was trained, where the challenger learns anew. Raises
    `InvalidRequest` where there is too little to learn from; `report` may
    raise `JobStopped`.
    """
    candles = finished(frame).tail(MAX_CANDLES).reset_index(drop=True)
    history = make_history(candles, resolution)
    rows = history.learnable(recipe.horizon)
    splits = split_rows(rows, fixed_spans(rows, recipe.horizon), folds)
    makers = _makers(recipe)
    if champion and champion.recipe != recipe:
        makers[CHAMPION] = champion.recipe.make
    walked = walk_models(history, makers, splits, report)
    result = judge_walk(history, walked, recipe.model, recipe.horizon, recipe.seed)
    comparisons = [compare(history, walked, recipe.model, recipe.horizon)]
    reason = None
    if champion and champion.recipe == recipe:
        since = _folds_since(history, rows, champion, folds)
        reason = None if since else NOTHING_NEW
        comparisons += _succession(history, recipe, champion, since, report)
    reason = reason or objection(recipe.model, comparisons, result["scores"]["skill"]["value"])
    model = recipe.make()
    model.fit(history, rows)
    return Challenge(
        model=model,
        result=result | {"seed": recipe.seed, "data_hash": data_hash(candles)},
        promoted=reason is None,
        decision={"reason": reason or _praise(comparisons), "comparisons": comparisons},
        candles=candles,
        trained_until=int(history.times[rows[-1]]),
        sessions=history.sessions.to_dict(),
    )


def _makers(recipe: Recipe) -> dict[str, Callable[[], Walker]]:
    makers: dict[str, Callable[[], Walker]] = {recipe.model: recipe.make}
    for name in (BASELINE, *OTHER_BASELINES):
        makers.setdefault(name, Recipe(name, recipe.horizon, recipe.seed, {}).make)
    return makers


def _succession(
    history: History, recipe: Recipe, champion: Champion, since: list[Fold], report: Report
) -> list[dict[str, Any]]:
    """Compare with a champion of the same recipe on what came after its training."""
    if not since:
        return []
    makers: dict[str, Callable[[], Walker]] = {
        recipe.model: recipe.make,
        CHAMPION: lambda: AsItStands(champion.fitted),
    }
    walked = walk_models(history, makers, since, report)
    return [compare(history, walked, recipe.model, recipe.horizon)]


def _folds_since(history: History, rows: Rows, champion: Champion, folds: int) -> list[Fold]:
    """Return folds whose tests lie after all labels that the champion learnt; none if too few."""
    learnt = int((history.times[rows] <= champion.trained_until).sum())
    first = learnt + champion.recipe.horizon + EMBARGO
    if len(rows) - first < LEAST_NEW:
        return []
    spans = fixed_spans(rows, champion.recipe.horizon)
    splits = walk_forward(spans, folds=folds, first_test=first / len(rows), embargo=EMBARGO)
    return [Fold(rows[fold.train], rows[fold.test]) for fold in splits]


def _praise(comparisons: list[dict[str, Any]]) -> str:
    beaten = {name for found in comparisons for name, one in found["against"].items()
              if one["better"]}  # fmt: skip
    if not beaten:
        return "It is a baseline, and the first to speak for its slot."
    return f"It beats {' and '.join(f'the {name}' for name in sorted(beaten))} on the same folds."
