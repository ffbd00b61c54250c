"""What the network sees and what it is asked: windows of the past, moves to come.

A window belongs to its origin, the index of the newest candle that it shows.
All that it holds was known when that candle closed; a leak test recomputes it
on truncated history.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import msgspec
import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from core.clock.sessions import Sessions
from core.lstm_limits import EMBARGO, LEAST_HELD_OUT, LEAST_TRAIN, WARM_UP
from ml.data.volatility import ewma_volatility
from ml.data.walkforward import Rows, Spans, hold_out

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Indices = NDArray[np.int64]

CHANNELS = ("close", "range", "day_sine", "day_cosine")
DAY = 86_400
# Beyond so many volatilities a move is only "huge": it must not steer the network.
CLIP = 8.0
# Prices that stand still have no volatility; this is below every tick that matters.
LEAST_VOLATILITY = 1e-7
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


@dataclass(frozen=True, eq=False)
class PreparedCandles:
    """Candles prepared for windows; every array has one element a candle.

    `volatility` is that of one candle's log-return, `run` counts the candles,
    itself included, since the last gap.
    """

    time: Indices
    close: Floats
    log_close: Floats
    log_range: Floats
    day_phase: Floats
    volatility: Floats
    run: Indices

    @cached_property
    def log_return(self) -> Floats:
        """Log-return of each candle; 0 for the first."""
        return np.diff(self.log_close, prepend=self.log_close[:1])

    def origins(self, seq_len: int, nsteps: int) -> Indices:
        """Return the indices whose window and whole future lie in one run without a gap."""
        whole = self.run > max(seq_len, WARM_UP)
        whole[: len(whole) - nsteps] &= self.run[nsteps:] > nsteps
        whole[len(whole) - nsteps :] = False
        return np.flatnonzero(whole)

    def inputs(self, origins: Indices, seq_len: int, scaler: LevelScaler | None) -> Floats32:
        """Return windows of shape (origins, seq_len, channels), oldest candle first.

        Moves are in units of the origin's volatility. With a `scaler` the first
        channel is the scaled price level instead of the log-return.
        """
        unit = self.volatility[origins][:, None]
        first = origins - seq_len + 1

        def steps(values: Floats) -> Floats:
            return sliding_window_view(values, seq_len)[first]

        window = np.empty((len(origins), seq_len, len(CHANNELS)), np.float32)
        if scaler is None:
            window[..., 0] = np.clip(steps(self.log_return) / unit, -CLIP, CLIP)
        else:
            level = (steps(self.close) - scaler.center) / scaler.spread
            window[..., 0] = np.clip(level, -CLIP, CLIP)
        window[..., 1] = np.clip(steps(self.log_range) / unit, 0, CLIP)
        window[..., 2] = steps(np.sin(self.day_phase))
        window[..., 3] = steps(np.cos(self.day_phase))
        return window

    def unit(self, origins: Indices, horizons: Indices) -> Floats:
        """Return the volatility of each horizon's log-return known at the origin, (n, H)."""
        return np.asarray(self.volatility[origins][:, None] * np.sqrt(horizons))


@dataclass(frozen=True, eq=False)
class Windows:
    """All windows that can be learnt from, numbered in order of time.

    `rows` below are numbers of windows; horizons 1 to `nsteps` are the columns.
    """

    candles: PreparedCandles
    seq_len: int
    nsteps: int

    @cached_property
    def origins(self) -> Indices:
        """Index of the newest candle of each window."""
        return self.candles.origins(self.seq_len, self.nsteps)

    @property
    def horizons(self) -> Indices:
        """Candles ahead of each column."""
        return np.arange(1, self.nsteps + 1)

    @property
    def spans(self) -> Spans:
        """Where the labels start and end, in candles."""
        return Spans(self.origins, self.origins + self.nsteps)

    def inputs(self, rows: Rows, scaler: LevelScaler | None) -> Floats32:
        """Return what the network sees, see `PreparedCandles.inputs`."""
        return self.candles.inputs(self.origins[rows], self.seq_len, scaler)

    def last(self, rows: Rows) -> Floats:
        """Return the close at each origin."""
        return self.candles.close[self.origins[rows]]

    def realised(self, rows: Rows) -> Floats:
        """Return the closes that came, shape (rows, nsteps)."""
        return np.asarray(self.candles.close[self.origins[rows][:, None] + self.horizons])

    def moves(self, rows: Rows) -> Floats:
        """Return the log-returns that came, in volatilities known at the origin, (rows, nsteps)."""
        unit = self.candles.unit(self.origins[rows], self.horizons)
        return np.asarray(np.log(self.realised(rows) / self.last(rows)[:, None]) / unit)

    def closes_until(self, row: int) -> Floats:
        """Return the closes of all candles up to the origin of `row`."""
        return self.candles.close[: self.origins[row] + 1]


def prepare_candles(frame: pd.DataFrame, sessions: Sessions) -> PreparedCandles:
    """Prepare finished candles, at least one (columns: see `ml.data.candle_frames`)."""
    times = frame["time"].to_numpy(np.int64)
    close, high, low = (frame[name].to_numpy(np.float64) for name in ("close", "high", "low"))
    log_close = np.log(close)
    gap = sessions.missing_before(times) > 0
    returns = np.diff(log_close, prepend=np.nan)
    returns[gap] = np.nan
    volatility = ewma_volatility(returns)
    return PreparedCandles(
        time=times,
        close=close,
        log_close=log_close,
        log_range=np.log(high / low),
        day_phase=times % DAY * (2 * np.pi / DAY),
        volatility=np.fmax(volatility, LEAST_VOLATILITY),
        run=_since_gap(gap),
    )


def _since_gap(gap: NDArray[np.bool_]) -> Indices:
    index = np.arange(len(gap))
    start = np.maximum.accumulate(np.where(gap, index, 0))
    return np.asarray(index - start + 1)


class Parts(NamedTuple):
    """Rows of the past, oldest part first, purged of overlapping labels."""

    train: Rows
    validation: Rows
    calibration: Rows


def split_past(spans: Spans, past: Rows) -> Parts:
    """Split the rows of a fold's past; the newest calibrate."""
    longest = int((spans.end[past] - spans.start[past]).max())
    left = len(past) - 2 * (longest + EMBARGO)
    count = max(LEAST_HELD_OUT, int(HELD_OUT_SHARE * left))
    calibration = hold_out(spans, past, count, EMBARGO)
    validation = hold_out(spans, calibration.train, count, EMBARGO)
    return Parts(validation.train, validation.test, calibration.test)


def least_past(nsteps: int) -> int:
    """Return the fewest windows that can be split so: what each purge takes is added."""
    return LEAST_TRAIN + 2 * LEAST_HELD_OUT + 2 * (nsteps + EMBARGO)
