"""Where training starts: at a linear forecast of each step's move, and of how far it goes.

The logarithm of what comes is nearly linear in the logarithms of volatilities over several
spans (Corsi, A Simple Approximate Long-Memory Model of Realized Volatility, 2009) and in the
clock; what there is of momentum is linear in past returns. Least squares find that in an
instant, which steps of an optimizer would not on few candles; the network then learns what
departs from it.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ml.data.walkforward import Rows
from ml.features.history import History
from ml.features.model_inputs import RETURNS
from ml.models.boosting.location import CLIP, PENALTY
from ml.models.boosting.scale import FLOOR, MOST_PENALTY
from ml.models.boosting.scale import PENALTY as SPREAD_PENALTY
from ml.models.lstm.network import MOST_SPREAD
from ml.models.lstm.origin_inputs import ORIGIN_INPUTS
from ml.scoring.conformal import conformal_quantile, interval_pairs

Floats = NDArray[np.float64]


class StartingPoint(NamedTuple):
    """Quantiles (H, Q) of moves, and the weights (inputs, H) of where they lie and how wide.

    The former are those of moves less their location, over their spread; the weights are
    those of the location and of the spread's logarithm.
    """

    quantiles: Floats
    location: Floats
    spread: Floats

    @classmethod
    def fit(cls, inputs: Floats, sizes: Floats, moves: Floats, levels: Sequence[float]) -> Self:
        """Learn from inputs (n, k) of mean 0 what moves (n, H) and their sizes (n, H) are."""
        logarithm = np.log(sizes + np.maximum(FLOOR * sizes.mean(axis=0), 1e-9))
        steps = np.arange(1, moves.shape[1] + 1)
        spread = _weights(inputs, logarithm, np.minimum(SPREAD_PENALTY * steps, MOST_PENALTY))
        returns = [ORIGIN_INPUTS.index(name) for name in RETURNS]
        location = np.zeros_like(spread)
        location[returns] = _weights(
            inputs[:, returns], np.clip(moves, -CLIP, CLIP), np.full(len(steps), PENALTY)
        )
        width = np.exp(np.clip(_sum(inputs, spread), -MOST_SPREAD, MOST_SPREAD))
        left = (moves - _sum(inputs, location)) / width
        return cls(usual_quantiles(left, levels), location, spread)


def _weights(inputs: Floats, targets: Floats, penalty: Floats) -> Floats:
    """Return the weights (k, H) of a ridge regression of each column, `penalty` one each."""
    gram = np.einsum("ni,nj->ij", inputs, inputs) / len(inputs)
    moment = np.einsum("ni,nh->hi", inputs, targets - targets.mean(axis=0)) / len(inputs)
    diagonal = penalty[:, None, None] * np.eye(len(gram))
    return np.asarray(np.linalg.solve(gram + diagonal, moment[..., None])[..., 0].T)


def _sum(inputs: Floats, weights: Floats) -> Floats:
    return np.asarray(np.einsum("ni,ih->nh", inputs, weights))


def usual_quantiles(moves: Floats, levels: Sequence[float]) -> Floats:
    """Return quantiles (H, Q) around 0 that held moves (n, H): those of the baseline `ewma`."""
    usual = np.zeros((moves.shape[1], len(levels)))
    for coverage, (low, high) in interval_pairs(levels).items():
        reach = conformal_quantile(np.abs(moves), float(coverage))
        usual[:, low], usual[:, high] = -reach, reach
    return usual


def move_sizes(history: History, rows: Rows, nsteps: int) -> Floats:
    """Return how far each step moves from `rows`, whose future is known, (rows, nsteps).

    It is the move of the close and half of the way between the highest and the lowest
    price up to there: less a matter of chance than the former alone.
    """
    path = history.path

    def ahead(values: Floats) -> Floats:
        return sliding_window_view(values, nsteps)[rows + 1]

    high = np.maximum.accumulate(ahead(path.high), axis=1)
    low = np.minimum.accumulate(ahead(path.low), axis=1)
    move = np.abs(np.log(ahead(path.close) / path.close[rows][:, None]))
    return np.asarray(move + np.log(high / low) / 2)
