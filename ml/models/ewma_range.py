"""The plain range of a path: multiples of EWMA volatility, made conformal."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.features.history import History
from ml.models.boosting.range_model import COVERAGE, LEVELS, RangeForecast, reaches
from ml.models.boosting.signal_labels import barrier_unit
from ml.scoring.conformal import conformal_quantile

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


class EwmaRange:
    """What a range must beat; sides have multiples of their own."""

    name = "ewma_range"

    def __init__(self, horizon: int) -> None:
        self.horizon = horizon
        self._above = self._below = np.zeros(len(LEVELS))

    def fit(self, history: History, rows: Rows) -> None:
        """Take the multiples that held in `rows`."""
        unit = barrier_unit(history, rows, self.horizon)
        up, down = (reach / unit for reach in reaches(history, rows, self.horizon))
        self._above, self._below = np.quantile(up, LEVELS), np.quantile(down, LEVELS)
        scores = np.maximum(up - self._above[1], down - self._below[1])
        width = float(conformal_quantile(scores, COVERAGE))
        self._above[1] += width
        self._below[1] += width

    def predict(self, history: History, rows: Rows) -> RangeForecast:
        """Forecast from `rows`."""
        last, unit = history.path.close[rows], barrier_unit(history, rows, self.horizon)
        high, upper = (last * np.exp(unit * multiple) for multiple in self._above)
        low, lower = (last * np.exp(-unit * multiple) for multiple in self._below)
        return RangeForecast(last=last, high=high, low=low, upper=upper, lower=lower)

    def describe(self) -> dict[str, Any]:
        """Return the multiples of both sides."""
        return {"above": self._above.tolist(), "below": self._below.tolist()}
