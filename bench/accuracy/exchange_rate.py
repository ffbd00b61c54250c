"""The LSTM on the benchmark "exchange rate": eight columns of daily rates, 1990 to 2016.

Source of the data: Lai, Chang, Yang and Liu, Modeling Long- and Short-Term Temporal
Patterns with Deep Neural Networks (2018). The split (7:1:2 in time), the horizons and the
scores are those of later papers, such as Zeng and others, Are Transformers Effective for
Time Series Forecasting? (2023): errors in deviations of each column's training part, mean
over columns, steps and all windows of the test. "Repeat" is the last value.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.measure import show
from core.clock.resolutions import DAY
from ml.data.labels import fixed_spans
from ml.data.walkforward import Fold, fixed_split
from ml.features.history import History, make_history
from ml.models.registry import make_model

Floats = NDArray[np.float64]

HORIZONS = (96, 192, 336, 720)
TRAIN_SHARE, TEST_SHARE = 0.7, 0.2
COLUMNS = 8
SEQ_LEN, SEED = 48, 1
# Errors of Repeat and of the best at 96 steps, as published: what is to be reached.
GOAL = 0.081


class Errors(NamedTuple):
    """Mean squared and absolute errors, in deviations of the training part."""

    mse: float
    mae: float

    @classmethod
    def of(cls, errors: Floats) -> Self:
        """Return the means of all errors."""
        return cls(float(np.mean(errors**2)), float(np.mean(np.abs(errors))))

    def __str__(self) -> str:
        return f"MSE {self.mse:.4f}, MAE {self.mae:.4f}"


def run(file: Path | None = None) -> None:
    """Print the errors at every horizon beside those of Repeat."""
    if file is None or not file.exists():
        print("\nexchange_rate: skipped, name its file: python -m bench exchange_rate FILE")
        return
    table = read_table(file)
    rows = {}
    for horizon in HORIZONS:
        if not fits(len(table), horizon):
            rows[f"{horizon} steps"] = f"skipped: {len(table)} rows are too few"
            continue
        ours, repeat = compare(table, horizon)
        goal = f" (goal <= Repeat and {GOAL}: {_met(ours, repeat)})" if horizon == 96 else ""
        rows[f"{horizon} steps"] = f"LSTM {ours}{goal}; Repeat {repeat}"
    show(f"Exchange rates, {len(table):,} days of {table.shape[1]} columns", rows)


def read_table(file: Path) -> Floats:
    """Return the columns of a file that has no header, or one and a date column first."""
    first = file.read_text().splitlines()[0].split(",")
    header = None if _is_number(first[-1]) else 0
    table = pd.read_csv(file, header=header)
    return table.iloc[:, -COLUMNS:].to_numpy(np.float64)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def fits(days: int, horizon: int) -> bool:
    """Say whether so many days hold a test of the horizon, and enough to learn before it."""
    return int(days * TEST_SHARE) > horizon and days * (1 - TEST_SHARE) > 3 * horizon + 1_000


def compare(table: Floats, horizon: int) -> tuple[Errors, Errors]:
    """Return the errors of the LSTM and of Repeat, each column being forecast by itself."""
    ours, repeat = zip(*_errors(table, horizon), strict=True)
    return Errors.of(np.stack(ours)), Errors.of(np.stack(repeat))


def _errors(table: Floats, horizon: int) -> Iterator[tuple[Floats, Floats]]:
    train = int(len(table) * TRAIN_SHARE)
    options = {"nsteps": horizon, "seq_len": SEQ_LEN}
    for close in table.T:
        history, fold = _prepare(close, horizon)
        model = make_model("lstm", horizon, SEED, options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            model.fit(history, fold.train)
        forecast = model.predict(history, fold.test)
        median = forecast.quantiles[..., forecast.quantiles.shape[-1] // 2]
        realised = close[fold.test[:, None] + np.arange(1, horizon + 1)]
        spread = close[:train].std()
        yield (median - realised) / spread, (forecast.last[:, None] - realised) / spread


def _prepare(close: Floats, horizon: int) -> tuple[History, Fold]:
    """Return a column as daily candles, and its split: what is tested lies in the last fifth.

    Learnt from, validated and calibrated on are the first four fifths, as the papers do.
    """
    frame = pd.DataFrame({"time": DAY * np.arange(len(close)), "close": close})
    history = make_history(frame, DAY)
    rows = history.learnable(horizon)
    test_from = len(close) - int(len(close) * TEST_SHARE) - 1
    fold = fixed_split(fixed_spans(rows, horizon), test_from)
    return history, Fold(rows[fold.train], rows[fold.test])


def _met(ours: Errors, repeat: Errors) -> str:
    return "met" if round(ours.mse, 3) <= GOAL and ours.mse <= repeat.mse else "MISSED"
