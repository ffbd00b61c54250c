"""What the network sees: windows of the past, one a row of the history.

A window ends with the candle of its row. All that it holds was known when that
candle closed; a leak test recomputes it on truncated history.
"""

from typing import NamedTuple, Self

import msgspec
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from core.lstm_limits import EMBARGO, LEAST_HELD_OUT, LEAST_TRAIN
from ml.data.labels import fixed_spans
from ml.data.walkforward import Rows, hold_out
from ml.features.history import History

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

CHANNELS = ("close", "range", "day_sine", "day_cosine")
DAY = 86_400
# Beyond so many volatilities a move is only "huge": it must not steer the network.
CLIP = 8.0
# Of what both purges leave, as much validates (when to stop, how much to believe) and as
# much calibrates.
HELD_OUT_SHARE = 0.15


class LevelScaler(msgspec.Struct, frozen=True):
    """Maps closes to `(close - center) / spread`; fitted on a training part only."""

    center: float
    spread: float

    @classmethod
    def fit(cls, closes: Floats, normalization: str) -> Self | None:
        """Return mean and deviation for `zscore`, least and range for `minmax`, else None."""
        if normalization == "zscore":
            return cls(float(closes.mean()), float(closes.std()) or 1.0)
        if normalization == "minmax":
            return cls(float(closes.min()), float(np.ptp(closes)) or 1.0)
        return None


def window_inputs(
    history: History, rows: Rows, seq_len: int, scaler: LevelScaler | None, floor: float = 0.0
) -> Floats32:
    """Return windows of shape (rows, seq_len, channels), oldest candle first.

    Moves are in units of the volatility at the row, which is at least `floor`. With a
    `scaler` the first channel is the scaled price level instead of the log-return.
    """
    unit = np.maximum(history.volatility[rows], floor)[:, None]
    path, phase = history.path, history.times % DAY * (2 * np.pi / DAY)
    log_close = np.log(path.close)
    first = rows - seq_len + 1

    def steps(values: Floats) -> Floats:
        return sliding_window_view(values, seq_len)[first]

    window = np.empty((len(rows), seq_len, len(CHANNELS)), np.float32)
    if scaler is None:
        returns = np.diff(log_close, prepend=log_close[:1])
        window[..., 0] = np.clip(steps(returns) / unit, -CLIP, CLIP)
    else:
        level = (steps(path.close) - scaler.center) / scaler.spread
        window[..., 0] = np.clip(level, -CLIP, CLIP)
    window[..., 1] = np.clip(steps(np.log(path.high / path.low)) / unit, 0, CLIP)
    window[..., 2] = steps(np.sin(phase))
    window[..., 3] = steps(np.cos(phase))
    return window


def realised_moves(history: History, rows: Rows, nsteps: int) -> Floats:
    """Return the log-returns of the next `nsteps` closes, NaN where not known, (rows, nsteps)."""
    close = history.path.close
    target = rows[:, None] + np.arange(1, nsteps + 1)
    known = target < len(close)
    return np.where(known, np.log(close[np.where(known, target, 0)] / close[rows][:, None]), np.nan)


class Parts(NamedTuple):
    """Rows of the past, oldest part first, purged of overlapping labels."""

    train: Rows
    validation: Rows
    calibration: Rows


def split_past(past: Rows, nsteps: int) -> Parts:
    """Split the rows of a fold's past, whose labels reach `nsteps` ahead; the newest calibrate."""
    spans = fixed_spans(past, nsteps)
    left = len(past) - 2 * (nsteps + EMBARGO)
    count = max(LEAST_HELD_OUT, int(HELD_OUT_SHARE * left))
    calibration = hold_out(spans, np.arange(len(past)), count, EMBARGO)
    validation = hold_out(spans, calibration.train, count, EMBARGO)
    return Parts(past[validation.train], past[validation.test], past[calibration.test])


def least_past(nsteps: int) -> int:
    """Return the fewest windows that can be split so: what each purge takes is added."""
    return LEAST_TRAIN + 2 * LEAST_HELD_OUT + 2 * (nsteps + EMBARGO)
