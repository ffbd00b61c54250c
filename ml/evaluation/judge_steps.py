"""Judge forecasts of every close up to the horizon, all steps together and each by itself."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from core.markets import DEFAULT_COSTS_BPS
from core.multiple_testing import holm
from ml.evaluation.judge_close import CloseKind
from ml.evaluation.kind import Columns, Whole
from ml.evaluation.walk import FoldForecasts, Makers
from ml.features.history import History
from ml.models.baselines import Drift, EveryStep, EwmaOrGarch, SeasonalNaive
from ml.models.protocol import StepForecast
from ml.scoring import scores
from ml.scoring.scorecard import Forecasts, chance_of_skill_by_luck, judge, scorecard
from ml.scoring.uncertainty import Verdict

# Forecast values of one walk-forward kept in memory; with more, origins are thinned evenly.
SCORED_VALUES = 6_000_000
# Horizons that are scored one by one; of more, so many evenly spread ones.
SCORED_HORIZONS = 48


class StepsKind(CloseKind):
    """Every close up to the horizon, at the quantiles that a model has; see `CloseKind`."""

    must_beat_baseline = False

    def __init__(
        self,
        horizon: int,
        seed: int,
        levels: Sequence[float],
        costs_bps: float = DEFAULT_COSTS_BPS,
        candidates: int = 1,
    ) -> None:
        super().__init__(horizon, seed, costs_bps, candidates)
        self.levels = tuple(levels)
        self._every = 1

    def every(self, rows: int) -> int:
        """Return that each so manieth test row is forecast from, of `rows` in all."""
        self._every = -(-rows * self.horizon * len(self.levels) // SCORED_VALUES)
        return self._every

    def makers(self) -> Makers:
        """Return how baselines are made, by name."""
        return {
            each.name: partial(EveryStep, each, self.horizon, self.levels)
            for each in (EwmaOrGarch, Drift, SeasonalNaive)
        }

    def rivals(self) -> tuple[Makers, dict[str, str]]:
        """Return none: ETS and Theta are made for one horizon."""
        return {}, {}

    def columns(self, history: History, fold: FoldForecasts, forecast: Any) -> Columns:
        """Return prices and quantiles of all steps, shape (n, steps), and what came out."""
        found: StepForecast = forecast
        close = history.path.close
        realised = close[fold.asked[:, None] + np.arange(1, self.horizon + 1)]
        change = np.abs(np.diff(close[fold.train[0] : fold.train[-1] + 1])).mean()
        levels = np.asarray(self.levels)
        loss = scores.quantile_loss(realised[..., None], found.quantiles, levels)
        return {
            "last": found.last,
            "realised": realised,
            "quantiles": found.quantiles,
            "scale": np.full(len(fold.asked), change),
            "loss": loss.mean(axis=(1, 2)),
        }

    def scores(self, model: Columns, baseline: Columns, against: str) -> dict[str, Any]:
        """Return `{n, scores, baseline_scores, verdict}`."""
        ours, theirs = self._table(model), self._table(baseline)
        return {"n": len(ours.last)} | self._beside(ours, theirs)

    def details(self, whole: Whole, model: str) -> dict[str, Any]:
        """Return the scores of other baselines, and `by_horizon` those of single steps.

        Of many steps some look skilled by luck. `p_value_of_all` is that of skill above
        the least that counts, adjusted by Holm for all steps shown, and no step is called
        skilled against it.
        """
        others = {name: self._table(whole(name)) for name in self.other_baselines}
        ours, theirs = (self._table(whole(name)) for name in (model, self.baseline))
        spread = np.linspace(1, self.horizon, min(self.horizon, SCORED_HORIZONS))
        return {
            "other_baselines": {name: self._scorecard(table) for name, table in others.items()},
            "by_horizon": self._by_horizon(ours, theirs, spread.round().astype(int).tolist()),
        }

    def _by_horizon(
        self, ours: Forecasts, theirs: Forecasts, steps: list[int]
    ) -> list[dict[str, Any]]:
        tables = [(self._step(ours, step), self._step(theirs, step)) for step in steps]
        chances = holm([chance_of_skill_by_luck(table) for table, _ in tables])
        shown = []
        for step, tables_of_step, chance in zip(steps, tables, chances, strict=True):
            found = {"horizon": step} | self._beside(*tables_of_step) | {"p_value_of_all": chance}
            # Half of what an interval leaves out lies below it.
            if found["verdict"] == Verdict.SKILLED and chance > (1 - self.level) / 2:
                found["verdict"] = Verdict.UNPROVEN.value
            shown.append(found)
        return shown

    def _table(self, columns: Columns) -> Forecasts:
        quantiles = columns["quantiles"]
        return Forecasts(
            last=columns["last"],
            realised=columns["realised"],
            predicted=quantiles[..., len(self.levels) // 2],
            quantiles=quantiles,
            scale=columns["scale"],
            levels=self.levels,
            horizon=-(-self.horizon // self._every),
        )

    def _step(self, table: Forecasts, step: int) -> Forecasts:
        reach = table.horizon / self.horizon
        return table.column(step - 1, max(1, round(step * reach)))

    def _beside(self, ours: Forecasts, theirs: Forecasts) -> dict[str, Any]:
        scores, baseline_scores = self._scorecard(ours), self._scorecard(theirs)
        return {"scores": scores, "baseline_scores": baseline_scores, "verdict": judge(scores)}

    def _scorecard(self, table: Forecasts) -> dict[str, Any]:
        return scorecard(table, fee=self.fee, seed=self.seed, level=self.level)
