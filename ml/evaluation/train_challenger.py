"""One training for every kind: judge a recipe against champion and baseline, then fit it to all."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InvalidRequest
from core.jobs import Progress
from core.markets import DEFAULT_COSTS_BPS
from ml.data.candle_frames import data_hash, finished
from ml.data.walkforward import Fold, fixed_split, walk_forward
from ml.evaluation.judge_steps import StepsKind
from ml.evaluation.kind import Kind
from ml.evaluation.kinds import kind_of
from ml.evaluation.promotion import CHAMPION, compare, objection
from ml.evaluation.scored_folds import ScoredFolds
from ml.evaluation.walk import EMBARGO, Report, WalkProgress, run_watched, walk_models
from ml.features.history import History, make_history
from ml.models.protocol import Forecaster, Model
from ml.models.registry import make_model

Rows = NDArray[np.intp]

FOLDS = 4
# Fewer forecasts since a champion was trained tell nothing about what a newer one is worth.
LEAST_NEW = 100
NOTHING_NEW = (
    f"There are fewer than {LEAST_NEW} candles since the champion was trained in the same way."
)


@dataclass(frozen=True)
class Recipe:
    """What a model is made from, besides candles; its kind follows from the model's name."""

    model: str
    horizon: int
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    def make(self) -> Model:
        """Return an unfitted model."""
        return make_model(self.model, self.horizon, self.seed, self.options)

    def kind(self, costs_bps: float = DEFAULT_COSTS_BPS, candidates: int = 1) -> Kind:
        """Return how its forecasts are judged, at such costs of a round trip."""
        model = self.make()
        if model.step_levels is not None:
            return StepsKind(self.horizon, self.seed, model.step_levels, costs_bps, candidates)
        return kind_of(self.model).of(model, self.seed, costs_bps, candidates)


@dataclass(frozen=True, eq=False, slots=True)
class Champion:
    """A fitted model that speaks now, its recipe, and the last opening (s) that it learnt from."""

    fitted: Model
    recipe: Recipe
    trained_until: int


@dataclass(frozen=True, eq=False, slots=True)
class Challenge:
    """The challenger, fitted; how it was judged; why it is promoted, or is not.

    `samples` are the rows that could be learnt from, `features` how many inputs
    the model reads of each.
    """

    model: Model
    result: dict[str, Any]
    promoted: bool
    decision: dict[str, Any]
    candles: pd.DataFrame
    trained_until: int
    sessions: dict[str, Any]
    seconds: float
    samples: int
    features: int


class AsItStands:
    """A fitted model that takes part in a walk-forward without learning anything."""

    def __init__(self, fitted: Model) -> None:
        self._fitted = fitted

    def fit(self, history: History, rows: Rows) -> None:
        """Learn nothing."""

    def predict(self, history: History, rows: Rows) -> Any:
        """Forecast as the fitted model does."""
        return self._fitted.predict(history, rows)

    def describe(self) -> dict[str, Any]:
        """Return what the fitted model tells of itself."""
        return self._fitted.describe()


def silent(progress: Progress) -> None:
    """Report nothing."""


def evaluate(
    frame: pd.DataFrame,
    resolution: int,
    recipe: Recipe,
    *,
    folds: int = FOLDS,
    test_from: int | None = None,
    costs_bps: float = DEFAULT_COSTS_BPS,
    report: Report = silent,
) -> dict[str, Any]:
    """Judge a recipe by a purged walk-forward; nothing is kept but the result.

    With `test_from`, an opening in seconds, there is one fold instead: what comes from that
    candle on is forecast, by a model that learnt from what was before.

    `frame` holds candles as `ml.data.candle_frames` has them, `costs_bps` are those
    of a round trip in basis points of the price. Returns `{n, scores, baseline,
    baseline_scores, verdict, folds, seed, data_hash}` and what the kind adds (see
    `ml.evaluation.judge_*`); `baseline` names the model of `baseline_scores`. Beside the
    other baselines stand models that only an evaluation tries; `not_tried` says why some
    are missing. Raises
    `InvalidRequest` where there is too little to learn from and `NotFound` for an
    unknown model; `report` may raise `JobStopped`.
    """
    contest = _Contest.prepare(frame, resolution, recipe, folds, costs_bps, report)
    rivals, not_tried = contest.kind.rivals()
    walked = contest.walk(rivals, test_from=test_from)
    cards = {name: walked.scored.scores(name)["scores"] for name in rivals}
    others = walked.result.get("other_baselines", {}) | cards
    return walked.result | {"other_baselines": others, "not_tried": not_tried}


def train_challenger(
    frame: pd.DataFrame,
    resolution: int,
    recipe: Recipe,
    champion: Champion | None,
    *,
    folds: int = FOLDS,
    costs_bps: float = DEFAULT_COSTS_BPS,
    candidates: int = 1,
    report: Report = silent,
) -> Challenge:
    """Judge a recipe as `evaluate` does, then fit it to all candles.

    `candidates` is how many recipes were tried on the target, this one included: the
    more, the surer its advantage must be, and the wider the interval on which its verdict
    rests. A champion of another recipe is fitted to the
    same folds. One of the same recipe would be the same there: it competes as it stands,
    on folds of the candles since it was trained, where the challenger learns anew.
    """
    began = time.perf_counter()
    contest = _Contest.prepare(frame, resolution, recipe, folds, costs_bps, report, candidates)
    rival = {CHAMPION: champion.recipe.make} if champion and champion.recipe != recipe else {}
    walked = contest.walk(rival, refits=contest.kind.refits)
    comparisons, reason = [compare(walked.scored, recipe.model, candidates)], None
    if champion and champion.recipe == recipe:
        since = contest.folds_since(champion)
        reason = None if since else NOTHING_NEW
        comparisons += contest.succession(champion, since, candidates)
    reason = reason or contest.objection(comparisons, walked.result)
    model, learnt = contest.fit(walked.scored)
    must = contest.kind.must_beat_baseline
    return Challenge(
        model=model,
        result=walked.result,
        promoted=reason is None,
        decision={
            "reason": reason or _praise(comparisons, must),
            "comparisons": comparisons,
            "candidates": candidates,
        },
        candles=contest.history.frame,
        trained_until=int(contest.history.times[learnt[-1]]),
        sessions=contest.history.sessions.to_dict(),
        seconds=time.perf_counter() - began,
        samples=len(contest.rows),
        features=model.features,
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Walked:
    scored: ScoredFolds
    result: dict[str, Any]


@dataclass(frozen=True, eq=False, slots=True)
class _Contest:
    """Candles prepared, and the rows of them that a recipe can learn from."""

    recipe: Recipe
    kind: Kind
    history: History
    rows: Rows
    folds: int
    progress: WalkProgress

    @classmethod
    def prepare(
        cls,
        frame: pd.DataFrame,
        resolution: int,
        recipe: Recipe,
        folds: int,
        costs_bps: float,
        report: Report,
        candidates: int = 1,
    ) -> "_Contest":
        model = recipe.make()
        progress = WalkProgress(report, model.epochs)
        candles = finished(frame).tail(model.max_candles).reset_index(drop=True)
        history = replace(make_history(candles, resolution), tell_epoch=progress.epoch)
        rows = history.learnable(recipe.horizon, model.warm_up)
        model.check(history, rows)
        kind = recipe.kind(costs_bps, candidates)
        return cls(recipe, kind, history, rows, folds, progress)

    def walk(
        self,
        rivals: Mapping[str, Callable[[], Forecaster]],
        refits: bool = False,
        test_from: int | None = None,
    ) -> _Walked:
        """Walk forward beside the baselines, and `rivals` if any; see `evaluate`."""
        recipe, kind = self.recipe, self.kind
        makers = {recipe.model: recipe.make, **rivals}
        makers = {**kind.makers(), **makers}
        splits = (
            kind.splits(self.history, self.rows, self.folds)
            if test_from is None
            else [self._split_at(test_from)]
        )
        self.progress.start(len(splits), refits=refits)
        scored = self._scored(makers, splits)
        result = scored.result(recipe.model)
        about = {"seed": recipe.seed, "data_hash": data_hash(self.history.frame)}
        return _Walked(scored, result | about)

    def _split_at(self, time: int) -> Fold:
        """Return the fold whose test begins with the candle that opens at `time` or next."""
        first = int(np.searchsorted(self.history.times, time)) - 1
        try:
            fold = fixed_split(self.kind.spans(self.history, self.rows), first, EMBARGO)
        except ValueError as error:
            raise InvalidRequest(f"test_from: {error}.") from error
        return Fold(self.rows[fold.train], self.rows[fold.test])

    def folds_since(self, champion: Champion) -> list[Fold]:
        """Return folds whose tests lie after all labels that the champion learnt."""
        rows = self.rows
        learnt = int((self.history.times[rows] <= champion.trained_until).sum())
        first = learnt + champion.recipe.horizon + EMBARGO
        if len(rows) - first < LEAST_NEW:
            return []
        splits = walk_forward(
            self.kind.spans(self.history, rows),
            folds=self.folds,
            first_test=first / len(rows),
            embargo=EMBARGO,
        )
        return [Fold(rows[fold.train], rows[fold.test]) for fold in splits]

    def succession(
        self, champion: Champion, since: list[Fold], candidates: int
    ) -> list[dict[str, Any]]:
        """Compare with a champion of the same recipe on what came after its training."""
        if not since:
            return []
        makers: dict[str, Callable[[], Forecaster]] = {
            self.recipe.model: self.recipe.make,
            CHAMPION: lambda: AsItStands(champion.fitted),
        }
        self.progress.start(len(since), "comparing with the champion", refits=True)
        return [compare(self._scored(makers, since), self.recipe.model, candidates)]

    def objection(self, comparisons: list[dict[str, Any]], result: dict[str, Any]) -> str | None:
        """Return why the challenger is not promoted, None if nothing speaks against it."""
        must = self.kind.must_beat_baseline
        skill = result["scores"]["skill"]["value"] if must else None
        return objection(self.recipe.model, comparisons, skill, must_beat_baseline=must)

    def fit(self, scored: ScoredFolds) -> tuple[Model, Rows]:
        """Return the model that may speak, and the rows that it learnt from."""
        if not self.kind.refits:
            newest = scored.folds[-1]
            judged: Any = newest.models[self.recipe.model]
            return judged, newest.train
        model = self.recipe.make()
        self.progress.tell("fitting to all candles")
        work = partial(model.fit, self.history, self.rows)
        run_watched(self.history, [work], self.progress, first=len(scored.folds))
        return model, self.rows

    def _scored(
        self, makers: Mapping[str, Callable[[], Forecaster]], splits: list[Fold]
    ) -> ScoredFolds:
        every = self.kind.every(len(self.rows))
        walked = walk_models(self.history, makers, splits, self.progress, every)
        return ScoredFolds.of(self.kind, self.history, walked)


def _praise(comparisons: list[dict[str, Any]], must_beat_baseline: bool) -> str:
    beaten = {name for found in comparisons for name, one in found["against"].items()
              if one["better"]}  # fmt: skip
    if not beaten and must_beat_baseline:
        return "It is a baseline, and the first to speak for its slot."
    if not beaten:
        return "It is the first to speak; its verdict says what is proven of it."
    return f"It beats {' and '.join(f'the {name}' for name in sorted(beaten))} on the same folds."
