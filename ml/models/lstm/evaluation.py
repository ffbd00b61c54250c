"""The walk-forward: what models would have said, beside what came, and the scores of that."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ml.data.walkforward import Fold, Rows
from ml.models.lstm.windows import Windows
from ml.scoring.scorecard import Forecasts, judge, scorecard

Floats = NDArray[np.float64]

# Forecast values of one walk-forward kept in memory; with more, origins are thinned evenly.
SCORED_VALUES = 6_000_000
# Horizons that are scored one by one; of more, so many evenly spread ones.
SCORED_HORIZONS = 48


class MoveModel(Protocol):
    """A model that learns from rows of the past and gives quantiles of moves."""

    def fit(self, windows: Windows, past: Rows) -> None:
        """Learn from `past` alone."""

    def quantiles(self, windows: Windows, rows: Rows) -> Floats:
        """Return quantiles of moves, shape (rows, nsteps, Q)."""


def forecast_test(
    model: MoveModel, windows: Windows, fold: Fold, levels: Sequence[float]
) -> Forecasts:
    """Return the forecasts of a fold's test by a model that was fitted to its past."""
    step = -(-len(windows.origins) * windows.nsteps * len(levels) // SCORED_VALUES)
    rows = fold.test[::step]
    prices = windows.to_prices(rows, model.quantiles(windows, rows))
    one_step_change = np.abs(np.diff(windows.closes_until(fold.train[-1]))).mean()
    return Forecasts(
        last=windows.last(rows),
        realised=windows.realised(rows),
        predicted=prices[..., len(levels) // 2],
        quantiles=prices,
        scale=np.full(len(rows), one_step_change),
        levels=tuple(levels),
        horizon=-(-windows.nsteps // step),
    )


def score_beside(model: Forecasts, baseline: Forecasts, seed: int) -> dict[str, Any]:
    """Return the scores of both and the verdict on the model."""
    scores = scorecard(model, seed=seed)
    baseline_scores = scorecard(baseline, seed=seed)
    return {"scores": scores, "baseline_scores": baseline_scores, "verdict": judge(scores)}


def score_by_horizon(model: Forecasts, baseline: Forecasts, seed: int) -> list[dict[str, Any]]:
    """Return the same for single horizons, at most `SCORED_HORIZONS` of them."""
    nsteps = model.realised.shape[1]
    spread = np.linspace(1, nsteps, min(nsteps, SCORED_HORIZONS)).round().astype(int)
    reach = model.horizon / nsteps

    def score(horizon: int) -> dict[str, Any]:
        rows_ahead = max(1, round(horizon * reach))
        ours, theirs = (table.column(horizon - 1, rows_ahead) for table in (model, baseline))
        return {"horizon": horizon} | score_beside(ours, theirs, seed)

    return [score(int(horizon)) for horizon in spread]
