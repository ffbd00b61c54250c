"""What is asked of a model: moves, paths and barriers ahead, and when each answer is known.

Rows are indices of candles; a label of a row reads candles after it, up to and
including its `end`. All moves are log-returns from the row's close.

Buy, sell and hold, and how a position ends, are labels by the triple barrier
method, their distances given in a unit, the volatility of the horizon. Where one
candle touches both barriers, nobody knows which was first: it counts as hold,
and for a position as the stop.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.risk_reward import USUAL, RiskReward
from ml.data.walkforward import Spans

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Bools = NDArray[np.bool_]
Classes = NDArray[np.int64]

# The barriers of buy and sell, in units.
BARRIER = 1.0
SIGNALS = ("hold", "buy", "sell")
EXITS = ("neither", "take_profit", "stop_loss")
SIGNAL_PARTS = {"signal": SIGNALS, "long": EXITS, "short": EXITS}


@dataclass(frozen=True, eq=False, slots=True)
class Path:
    """The prices that labels read, one element a candle."""

    high: Floats
    low: Floats
    close: Floats


@dataclass(frozen=True, eq=False, slots=True)
class BarrierLabels:
    """Which barrier was touched first: 1 the upper, -1 the lower, 0 none in time.

    `tie` marks rows where one candle touched both first: nobody knows which
    came before, their outcome is 0. `end` is the row of the touch, or the last
    of the horizon; the label is known from its close on.
    """

    outcome: NDArray[np.int8]
    tie: Bools
    end: Rows


def labelled(run: NDArray[np.int64], horizon: int) -> Bools:
    """Say of each candle whether the `horizon` candles after it follow without a gap.

    `run` counts the candles since the last gap, the candle itself included.
    """
    whole = np.zeros(len(run), bool)
    whole[: max(len(run) - horizon, 0)] = run[horizon:] > horizon
    return whole


def fixed_spans(rows: Rows, horizon: int) -> Spans:
    """Return the spans of labels that are all known `horizon` candles later."""
    start = rows.astype(np.int64)
    return Spans(start, start + horizon)


def moves(path: Path, rows: Rows, horizon: int) -> Floats:
    """Return the log-return of the close `horizon` candles ahead."""
    return np.log(path.close[rows + horizon] / path.close[rows])


def extremes(path: Path, rows: Rows, horizon: int) -> tuple[Floats, Floats]:
    """Return the log-moves to the highest high and the lowest low of the next candles."""
    high, low = path.high[rows + 1], path.low[rows + 1]
    for step in range(2, horizon + 1):
        high = np.maximum(high, path.high[rows + step])
        low = np.minimum(low, path.low[rows + step])
    return np.log(high / path.close[rows]), np.log(low / path.close[rows])


def triple_barrier(
    path: Path, rows: Rows, upper: Floats, lower: Floats, horizon: int
) -> BarrierLabels:
    """Label rows by the barrier that highs and lows touch first within `horizon` candles.

    `upper` and `lower` are positive log-distances from the close, one a row.
    Source: López de Prado, Advances in Financial Machine Learning (2018), 3.4.
    """
    ceiling, floor = path.close[rows] * np.exp(upper), path.close[rows] * np.exp(-lower)
    outcome, tie = np.zeros(len(rows), np.int8), np.zeros(len(rows), bool)
    end = rows + horizon
    open_ = np.ones(len(rows), bool)
    for step in range(1, horizon + 1):
        above = open_ & (path.high[rows + step] >= ceiling)
        below = open_ & (path.low[rows + step] <= floor)
        touched = above | below
        outcome[touched] = above[touched].astype(np.int8) - below[touched].astype(np.int8)
        tie |= above & below
        end[touched] = rows[touched] + step
        open_ &= ~touched
    return BarrierLabels(outcome, tie, end)


def reaches(path: Path, rows: Rows, horizon: int) -> tuple[Floats, Floats]:
    """Return how far the path goes up and down from each close, both as log-moves from 0 on."""
    high, low = extremes(path, rows, horizon)
    return np.maximum(high, 0.0), np.maximum(-low, 0.0)


@dataclass(frozen=True, eq=False, slots=True)
class SignalLabels:
    """Outcomes as indices into `SIGNALS`, and into `EXITS` for a position on either side.

    `spans` end with the last of the three.
    """

    signal: Classes
    long: Classes
    short: Classes
    spans: Spans


def signal_labels(
    path: Path, rows: Rows, unit: Floats, horizon: int, exits: RiskReward = USUAL
) -> SignalLabels:
    """Return the outcome of each row, whose whole horizon must be known; `unit` is one a row."""
    wide, profit, stop = BARRIER * unit, exits.take_profit * unit, exits.stop_loss * unit
    both = triple_barrier(path, rows, wide, wide, horizon)
    long = triple_barrier(path, rows, profit, stop, horizon)
    short = triple_barrier(path, rows, stop, profit, horizon)
    end = np.maximum(np.maximum(both.end, long.end), short.end)
    signal = np.where(both.outcome == 1, 1, np.where(both.outcome == -1, 2, 0))
    spans = Spans(rows.astype(np.int64), end.astype(np.int64))
    return SignalLabels(signal.astype(np.int64), _exits(long, 1), _exits(short, -1), spans)


def _exits(touched: BarrierLabels, side: int) -> Classes:
    """Return indices into `EXITS`."""
    stopped = (touched.outcome == -side) | touched.tie
    return np.where(touched.outcome == side, 1, np.where(stopped, 2, 0)).astype(np.int64)
