"""What buy, sell and hold mean, and how a position ends: by the triple barrier method.

Distances are in EWMA volatilities of the horizon. Where one candle touches both
barriers, nobody knows which came first: it counts as hold, and for a position
as the stop.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.data.labels import BarrierLabels, triple_barrier
from ml.data.walkforward import Spans
from ml.features.history import History

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Classes = NDArray[np.int64]

# The barriers of buy and sell, and of a position's exits.
BARRIER = 1.0
TAKE_PROFIT, STOP_LOSS = 1.0, 0.5
SIGNALS = ("hold", "buy", "sell")
EXITS = ("neither", "take_profit", "stop_loss")


@dataclass(frozen=True, eq=False, slots=True)
class SignalLabels:
    """What came, as indices into `SIGNALS`, and into `EXITS` for a position on either side.

    `spans` end with the last of the three.
    """

    signal: Classes
    long: Classes
    short: Classes
    spans: Spans


def signal_labels(history: History, rows: Rows, horizon: int) -> SignalLabels:
    """Return what came of each row, whose whole horizon must be known."""
    unit = barrier_unit(history, rows, horizon)
    wide, profit, stop = BARRIER * unit, TAKE_PROFIT * unit, STOP_LOSS * unit
    both = triple_barrier(history.path, rows, wide, wide, horizon)
    long = triple_barrier(history.path, rows, profit, stop, horizon)
    short = triple_barrier(history.path, rows, stop, profit, horizon)
    end = np.maximum(np.maximum(both.end, long.end), short.end)
    signal = np.where(both.outcome == 1, 1, np.where(both.outcome == -1, 2, 0))
    spans = Spans(rows.astype(np.int64), end.astype(np.int64))
    return SignalLabels(signal.astype(np.int64), _exits(long, 1), _exits(short, -1), spans)


def barrier_unit(history: History, rows: Rows, horizon: int) -> Floats:
    """Return the EWMA volatility of the horizon's return at each row."""
    return np.asarray(history.volatility[rows] * np.sqrt(horizon))


def _exits(came: BarrierLabels, side: int) -> Classes:
    """Return indices into `EXITS`."""
    stopped = (came.outcome == -side) | came.tie
    return np.where(came.outcome == side, 1, np.where(stopped, 2, 0)).astype(np.int64)
