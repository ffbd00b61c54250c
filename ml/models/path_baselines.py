"""What ranges, signals and next candles must beat; none of it is saved."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.data import labels
from ml.features.history import History
from ml.models.naive_forecasts import class_priors
from ml.models.protocol import (
    RANGE_COVERAGE,
    RANGE_LEVELS,
    CandleForecast,
    RangeForecast,
    SignalForecast,
)
from ml.scoring.conformal import conformal_quantile

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


class EwmaRange:
    """Multiples of EWMA volatility, made conformal; sides have multiples of their own."""

    name: ClassVar[str] = "ewma_range"

    def __init__(self, horizon: int) -> None:
        self.horizon = horizon
        self._above = self._below = np.zeros(len(RANGE_LEVELS))

    def fit(self, history: History, rows: Rows) -> None:
        """Take the multiples that held in `rows`."""
        unit = history.horizon_volatility(rows, self.horizon)
        up, down = (reach / unit for reach in labels.reaches(history.path, rows, self.horizon))
        self._above, self._below = np.quantile(up, RANGE_LEVELS), np.quantile(down, RANGE_LEVELS)
        scores = np.maximum(up - self._above[1], down - self._below[1])
        width = float(conformal_quantile(scores, RANGE_COVERAGE))
        self._above[1] += width
        self._below[1] += width

    def predict(self, history: History, rows: Rows) -> RangeForecast:
        """Forecast from `rows`."""
        last, unit = history.path.close[rows], history.horizon_volatility(rows, self.horizon)
        high, upper = (last * np.exp(unit * multiple) for multiple in self._above)
        low, lower = (last * np.exp(-unit * multiple) for multiple in self._below)
        return RangeForecast(last=last, high=high, low=low, upper=upper, lower=lower)

    def describe(self) -> dict[str, Any]:
        """Return the multiples of both sides."""
        return {"above": self._above.tolist(), "below": self._below.tolist()}


class ClassPriors:
    """The share that each signal, and each exit of a position, had in the past."""

    name: ClassVar[str] = "class_prior"

    def __init__(self, horizon: int) -> None:
        self.horizon = horizon
        self._priors: dict[str, Floats] = {}

    def fit(self, history: History, rows: Rows) -> None:
        """Count the classes of `rows`."""
        unit = history.horizon_volatility(rows, self.horizon)
        label = labels.signal_labels(history.path, rows, unit, self.horizon)
        self._priors = {
            part: class_priors(getattr(label, part), len(names))
            for part, names in labels.SIGNAL_PARTS.items()
        }

    def predict(self, history: History, rows: Rows) -> SignalForecast:
        """Give every one of `rows` the same probabilities."""
        unit = history.horizon_volatility(rows, self.horizon)
        return SignalForecast(
            last=history.path.close[rows],
            take_profit=labels.TAKE_PROFIT * unit,
            stop_loss=labels.STOP_LOSS * unit,
            **{part: np.tile(prior, (len(rows), 1)) for part, prior in self._priors.items()},
        )

    def describe(self) -> dict[str, Any]:
        """Return the shares."""
        return {part: prior.tolist() for part, prior in self._priors.items()}


class Persistence:
    """The last candle comes again, at last price: its reach, its amplitude."""

    name: ClassVar[str] = "persistence"

    def fit(self, history: History, rows: Rows) -> None:
        """Learn nothing."""

    def predict(self, history: History, rows: Rows) -> CandleForecast:
        """Repeat the candle of each of `rows`."""
        path = history.path
        last, high, low = path.close[rows], path.high[rows], path.low[rows]
        return CandleForecast(
            last, last, high, low, last, high - low, prob_up=np.full(len(rows), 0.5)
        )

    def describe(self) -> dict[str, Any]:
        """Return nothing."""
        return {}
