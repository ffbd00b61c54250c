"""How forecasts of one kind are judged: what is special to it stands here and beside it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from core.markets import DEFAULT_COSTS_BPS
from ml.data.labels import fixed_spans
from ml.data.walkforward import Fold, Spans
from ml.evaluation.walk import FoldForecasts, Makers, split_rows
from ml.features.history import History
from ml.models.protocol import Model
from ml.models.registry import make_model
from ml.scoring import scores
from ml.scoring.scorecard import fee_of
from ml.scoring.uncertainty import level_for, skill_interval, verdict

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
# Forecasts beside their outcomes, one element a forecast; `loss` is that of the contest.
Columns = Mapping[str, Floats]
# Of a model, by its name, its columns over all folds.
Whole = Callable[[str], Columns]


class Kind(ABC):
    """Base of the kinds: a walk-forward over labels that are known `horizon` candles later."""

    # The maker whose forecasts are to be beaten, and others shown beside it.
    baseline: ClassVar[str]
    other_baselines: ClassVar[tuple[str, ...]] = ()
    # Under which name results show the mean of `loss`.
    loss_name: ClassVar[str]
    # Whether nothing speaks before it has beaten the baseline. Where not, answers say what is
    # not proven.
    must_beat_baseline: ClassVar[bool] = False
    # Whether what was judged is fitted to all candles before it speaks.
    refits: ClassVar[bool] = True

    def __init__(
        self,
        horizon: int,
        seed: int,
        costs_bps: float = DEFAULT_COSTS_BPS,
        candidates: int = 1,
    ) -> None:
        """Judge at costs of so many basis points a round trip.

        Of many candidates one looks skilled by luck: intervals, and so verdicts, are those
        that hold for all `candidates` together.
        """
        self.horizon = horizon
        self.seed = seed
        self.fee = fee_of(costs_bps)
        self.level = level_for(candidates)

    @classmethod
    def of(cls, model: Model, seed: int, costs_bps: float, candidates: int = 1) -> Self:
        """Return how forecasts of a model are judged, at such costs."""
        return cls(model.horizon, seed, costs_bps, candidates)

    @property
    def baselines(self) -> tuple[str, ...]:
        """Return the names of all that must be beaten: whichever does best is the baseline."""
        return (self.baseline,)

    def spans(self, history: History, rows: Rows) -> Spans:
        """Return the spans of the labels of `rows`."""
        return fixed_spans(rows, self.horizon)

    def splits(self, history: History, rows: Rows, folds: int) -> list[Fold]:
        """Return the folds; raises `InvalidRequest` where `rows` are too few."""
        return split_rows(rows, self.spans(history, rows), folds)

    def rivals(self) -> tuple[Makers, dict[str, str]]:
        """Return what an evaluation walks besides, and why others that it would are not there."""
        return {}, {}

    def every(self, rows: int) -> int:
        """Return that each so manieth test row is forecast from, of `rows` in all."""
        return 1

    def makers(self) -> Makers:
        """Return how baselines are made, by name."""
        names = (self.baseline, *self.other_baselines)
        return {name: partial(make_model, name, self.horizon, self.seed) for name in names}

    @abstractmethod
    def columns(self, history: History, fold: FoldForecasts, forecast: Any) -> Columns:
        """Lay one model's forecasts of a fold beside their outcomes."""

    @abstractmethod
    def scores(self, model: Columns, baseline: Columns, against: str) -> dict[str, Any]:
        """Return `{n, scores, baseline_scores, verdict}`; `against` names the baseline."""

    def fold_scores(self, model: Columns, baseline: Columns, against: str) -> dict[str, Any]:
        """Return what is shown of one fold."""
        return self.scores(model, baseline, against)

    def details(self, whole: Whole, model: str) -> dict[str, Any]:
        """Return what is shown of the whole walk besides its scores."""
        return {}

    def skill(self, loss: Floats, baseline_loss: Floats) -> "Skill":
        """Return the skill of a loss against the baseline's."""
        return Skill.of(loss, baseline_loss, self.horizon, self.seed, self.level)


@dataclass(frozen=True)
class Skill:
    """Skill with its interval, as results show it, and the verdict on it."""

    shown: dict[str, float]
    verdict: str

    @classmethod
    def of(
        cls,
        loss: Floats,
        baseline_loss: Floats,
        horizon: int,
        seed: int,
        level: float,
    ) -> Self:
        """Compare two losses of the same forecasts, in order of time."""
        low, high = skill_interval(loss, baseline_loss, horizon, level=level, seed=seed)
        value = float(scores.skill(loss, baseline_loss))
        return cls({"value": value, "low": low, "high": high}, verdict(low, high).value)


def join(parts: Sequence[Columns]) -> Columns:
    """Lay the columns of several folds end to end."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
