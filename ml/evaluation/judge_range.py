"""Judge ranges of the path ahead, beside conformal ranges of EWMA or GARCH volatility."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.data import labels
from ml.evaluation.kind import Columns, Kind
from ml.evaluation.walk import FoldForecasts, Makers
from ml.features.history import History
from ml.models.path_baselines import EwmaRange, GarchRange
from ml.models.protocol import RANGE_COVERAGE, RangeForecast
from ml.scoring import scores

Floats = NDArray[np.float64]

BOUND = (1 + RANGE_COVERAGE) / 2


class RangeKind(Kind):
    """The highest and the lowest price of the next candles.

    Scores: `coverage` of the whole path by the 90% range, `pinball` of its two
    bounds (0.95 and 0.05) in quote currency, `mae_percent` of the medians of high
    and low, their `mae, mse, rmse, mape` on average, `skill` of the pinball, and
    `within`, the share of paths that stayed within its `reach` on each side.
    """

    baseline = EwmaRange.name
    loss_name = "pinball"

    def makers(self) -> Makers:
        """Return how the baseline is made."""
        return {each.name: partial(each, self.horizon) for each in (EwmaRange, GarchRange)}

    @property
    def baselines(self) -> tuple[str, ...]:
        """Return both plain ranges: the one that training rows prefer may be the worse one later.

        Who beats that one alone would be called skilled for the other's fault.
        """
        return EwmaRange.name, GarchRange.name

    def columns(self, history: History, fold: FoldForecasts, forecast: RangeForecast) -> Columns:
        """Return the loss of both bounds and what else is averaged."""
        up, down = labels.reaches(history.path, fold.asked, self.horizon)
        high, low = forecast.last * np.exp(up), forecast.last * np.exp(-down)
        above, below = np.abs(high - forecast.high), np.abs(low - forecast.low)
        bounds = scores.quantile_loss(high, forecast.upper, BOUND) + scores.quantile_loss(
            low, forecast.lower, 1 - BOUND
        )
        inside = (high <= forecast.upper) & (low >= forecast.lower)
        reach = forecast.reach
        return {
            "loss": bounds / 2,
            "inside": inside.astype(np.float64),
            "within_high": (high <= reach[0]).astype(np.float64),
            "within_low": (low >= reach[1]).astype(np.float64),
            "high": 100 * above / forecast.last,
            "low": 100 * below / forecast.last,
            "absolute": (above + below) / 2,
            "squared": (above**2 + below**2) / 2,
            "relative": 50 * (above / high + below / low),
        }

    def scores(self, model: Columns, baseline: Columns, against: str) -> dict[str, Any]:
        """Return `{n, scores, baseline_scores, verdict}`."""
        skill = self.skill(model["loss"], baseline["loss"])
        return {
            "n": len(model["loss"]),
            "scores": _means(model) | {"skill": skill.shown, "baseline": against},
            "baseline_scores": _means(baseline),
            "verdict": skill.verdict,
        }


def _means(table: Columns) -> dict[str, Any]:
    return {
        "coverage": {f"{RANGE_COVERAGE:g}": float(table["inside"].mean())},
        "within": {side: float(table[f"within_{side}"].mean()) for side in ("high", "low")},
        "pinball": float(table["loss"].mean()),
        "mae_percent": {side: float(table[side].mean()) for side in ("high", "low")},
        "mape": float(table["relative"].mean()),
        "mae": float(table["absolute"].mean()),
        "mse": float(table["squared"].mean()),
        "rmse": float(np.sqrt(table["squared"].mean())),
    }
