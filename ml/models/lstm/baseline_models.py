"""The baselines as models of moves, with intervals of EWMA volatility.

They are fitted, calibrated and judged on the same rows as the LSTM.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ml.data.walkforward import Rows
from ml.models.baselines import drift, last_price, mean_return, normal_quantiles, seasonal_naive
from ml.models.lstm.adjustment import Adjustment
from ml.models.lstm.parts import split_past
from ml.models.lstm.windows import Windows

Floats = NDArray[np.float64]


class BaselineModel:
    """A point forecast that needs no learning, amid conformal EWMA intervals.

    `predict(windows, rows, drift)` returns prices of shape (rows, nsteps).
    """

    drift_: float
    adjustment_: Adjustment

    def __init__(
        self, predict: Callable[[Windows, Rows, float], Floats], levels: Sequence[float]
    ) -> None:
        self.predict = predict
        self.levels = levels

    def fit(self, windows: Windows, past: Rows) -> None:
        """Take the mean return of the whole past and the widths from its calibration part."""
        self.drift_ = mean_return(windows.closes_until(past[-1]))
        part = split_past(windows.spans, past).calibration
        all_kept = np.ones(windows.nsteps)
        self.adjustment_ = Adjustment.learn(
            all_kept, windows.moves(part), self._raw(windows, part), self.levels
        )

    def quantiles(self, windows: Windows, rows: Rows) -> Floats:
        """Return the quantiles of the moves after `rows`, shape (rows, nsteps, Q)."""
        return self.adjustment_.apply(self._raw(windows, rows))

    def _raw(self, windows: Windows, rows: Rows) -> Floats:
        moves = windows.to_moves(rows, self.predict(windows, rows, self.drift_))
        return np.asarray(moves[..., None] + normal_quantiles(self.levels))


def baseline_models(levels: Sequence[float]) -> dict[str, BaselineModel]:
    """Return every baseline under its name, last price first."""
    return {name: BaselineModel(predict, levels) for name, predict in _PREDICT.items()}


def _last_price(windows: Windows, rows: Rows, drift_: float) -> Floats:
    return last_price(windows.last(rows), windows.horizons)


def _drift(windows: Windows, rows: Rows, drift_: float) -> Floats:
    return drift(windows.last(rows), drift_, windows.horizons)


def _seasonal_naive(windows: Windows, rows: Rows, drift_: float) -> Floats:
    close, origins = windows.candles.close, windows.origins[rows]
    return seasonal_naive(close, origins, windows.horizons, windows.candles.season)


_PREDICT = {"last_price": _last_price, "drift": _drift, "seasonal_naive": _seasonal_naive}
