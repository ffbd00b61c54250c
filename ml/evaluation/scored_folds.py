"""Forecasts of a walk-forward beside what came, and the scores of that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.walk import FoldForecasts
from ml.features.history import History
from ml.models.protocol import LEVELS
from ml.scoring import scores
from ml.scoring.conformal import interval_pairs
from ml.scoring.scorecard import Forecasts, scorecard
from ml.scoring.uncertainty import direction_test

Floats = NDArray[np.float64]

TERCILES = ("low", "medium", "high")


@dataclass(frozen=True, eq=False, slots=True)
class Judged:
    """Forecasts of one horizon in order of time; `volatility` is EWMA's at each row."""

    table: Forecasts
    prob_up: Floats
    volatility: Floats

    @classmethod
    def of(cls, history: History, fold: FoldForecasts, model: str, horizon: int) -> Self:
        """Lay one fold's forecasts beside what came."""
        said, close = fold.forecasts[model], history.path.close
        change = np.abs(np.diff(close[fold.train[0] : fold.train[-1] + 1])).mean()
        table = Forecasts(
            last=said.last,
            realised=close[fold.test + horizon][:, None],
            predicted=said.point[:, None],
            quantiles=said.quantiles[:, None, :],
            scale=np.full(len(fold.test), change),
            levels=LEVELS,
            horizon=horizon,
        )
        return cls(table, said.prob_up, history.volatility[fold.test])

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Lay several folds end to end."""
        return cls(
            Forecasts.join([part.table for part in parts]),
            np.concatenate([part.prob_up for part in parts]),
            np.concatenate([part.volatility for part in parts]),
        )

    @property
    def up(self) -> NDArray[np.bool_]:
        """Say of each forecast whether the close came out above last price."""
        return np.asarray(self.table.realised[:, 0] > self.table.last)

    def scores(self, seed: int = 0) -> dict[str, Any]:
        """Return the scores; those of direction are of `prob_up`, not of the median's sign."""
        moves = self.table.realised[:, 0] - self.table.last
        accuracy, base, p_value = direction_test(moves, self.prob_up - 0.5, self.table.horizon)
        return scorecard(self.table, seed=seed) | {
            "direction": {
                "accuracy": _finite(accuracy),
                "base_rate": _finite(base),
                "p_value": p_value,
            },
            "brier": float(scores.brier(self.up, self.prob_up)),
            "log_loss": float(scores.log_loss(self.up, self.prob_up)),
            "ece": scores.expected_calibration_error(self.up, self.prob_up),
        }

    def coverage_by_volatility(self) -> dict[str, dict[str, float]]:
        """Return the coverage of each interval within terciles of volatility at the row."""
        edges = np.quantile(self.volatility, [1 / 3, 2 / 3])
        tercile = np.searchsorted(edges, self.volatility)
        return {
            name: self._coverage(tercile == index)
            for index, name in enumerate(TERCILES)
            if (tercile == index).any()
        }

    def _coverage(self, chosen: NDArray[np.bool_]) -> dict[str, float]:
        came, quantiles = self.table.realised[chosen, 0], self.table.quantiles[chosen, 0]
        return {"n": int(chosen.sum())} | {
            name: float(scores.coverage(came, quantiles[:, low], quantiles[:, high]))
            for name, (low, high) in interval_pairs(LEVELS).items()
        }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
