"""Forecasts of the next candle along a stretch of candles, beside what was realised."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.next_candle import HORIZON
from ml.features.history import History, make_history
from ml.models.boosting.next_candle_model import PRICES, NextCandleModel, realised_candles

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

# Forecasts are given with as many digits as the last price has with so many significant ones.
DIGITS = 9
PROBABILITY_DECIMALS = 6


@dataclass(frozen=True, eq=False, slots=True)
class CandleSeries:
    """Columns of one length. `time` is the opening in seconds; a row's forecast is of the next.

    `real` has the columns of a candle, `predicted` and `errors` (real less forecast,
    NaN where the next candle is not known) those of `PRICES`. `in_sample` marks
    rows that opened while the model still learnt.
    """

    time: NDArray[np.int64]
    real: Mapping[str, Floats]
    predicted: Mapping[str, Floats]
    prob_up: Floats
    prob_down: Floats
    errors: Mapping[str, Floats]
    in_sample: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.time)

    def until(self, last: int) -> "CandleSeries":
        """Return the rows that open at `last` (s) or before."""
        return self.first(int(np.searchsorted(self.time, last, side="right")))

    def first(self, count: int) -> "CandleSeries":
        """Return the first `count` rows."""
        return CandleSeries(
            self.time[:count],
            {name: column[:count] for name, column in self.real.items()},
            {name: column[:count] for name, column in self.predicted.items()},
            self.prob_up[:count],
            self.prob_down[:count],
            {name: column[:count] for name, column in self.errors.items()},
            self.in_sample[:count],
        )


def candle_series(
    model: NextCandleModel, frame: pd.DataFrame, resolution: int, start: int
) -> CandleSeries:
    """Return the series of the rows of `frame` from `start` (opening, s) on.

    Rows too soon after a gap to be forecast from are left out. For the same
    numbers whatever the stretch, `frame` must begin `CANDLES_WANTED` candles earlier.
    """
    about = model.learnt.about
    history = make_history(frame, resolution, about.sessions)
    rows = history.ready()
    rows = rows[history.times[rows] >= start]
    predicted, prob_up, prob_down = _predicted(model, history, rows)
    return CandleSeries(
        time=history.times[rows],
        real={name: history.frame[name].to_numpy(np.float64)[rows] for name in _REAL},
        predicted=predicted,
        prob_up=prob_up,
        prob_down=prob_down,
        errors=_errors(history, rows, predicted),
        in_sample=history.times[rows] <= about.trained_until,
    )


_REAL = ("open", "high", "low", "close", "volume")


def _predicted(
    model: NextCandleModel, history: History, rows: Rows
) -> tuple[dict[str, Floats], Floats, Floats]:
    if not len(rows):
        return {name: np.empty(0) for name in PRICES}, np.empty(0), np.empty(0)
    forecast = model.predict(history, rows)
    scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(forecast.last)))
    predicted = {name: np.rint(getattr(forecast, name) * scale) / scale for name in PRICES}
    up, down = (np.round(c, PROBABILITY_DECIMALS) for c in (forecast.prob_up, forecast.prob_down))
    return predicted, up, down


def _errors(history: History, rows: Rows, predicted: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return real less forecast, in the decimals of both."""
    known = np.isin(rows, history.learnable(HORIZON))
    realised = realised_candles(history, rows[known])
    errors = {}
    for name in PRICES:
        errors[name] = np.full(len(rows), np.nan)
        errors[name][known] = np.round(realised[name] - predicted[name][known], 10)
    return errors
