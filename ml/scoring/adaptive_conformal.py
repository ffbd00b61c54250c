"""Intervals that correct themselves as outcomes arrive.

A forecast has a score: by how much its interval must be widened to just hold
what came (negative: it could have been narrower). A miss widens the intervals
to come by `rate * coverage`, a hit narrows them by `rate * (1 - coverage)`, so
that misses settle at the share that is wanted, whatever
the market does. Source: Angelopoulos, Candès and Tibshirani, Conformal PID
Control for Time Series Prediction (2023), quantile tracking; in the spirit of
Gibbs and Candès, Adaptive Conformal Inference Under Distribution Shift (2021).
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

# In half-widths of the interval, one step ahead and as a bound; tried on real candles, 0.003 to
# 0.02 differ little.
RATE, MOST_RATE = 0.015, 0.01


def tracking_rate(horizon: int) -> float:
    """Return how fast to follow: slower where overlapping labels miss together."""
    return min(RATE / math.sqrt(horizon), MOST_RATE)


def track_widths(
    start: float, scores: Floats, rows: Rows, end: Rows, coverage: float, rate: float
) -> Floats:
    """Return the width to add to each interval, from the outcomes known at its row only.

    `rows` ascend; the score of each is known at `end`, ascending too; NaN
    scores (not known yet) teach nothing. The first width is `start`. Over n
    forecasts whose scores stay within B of `start`, the share of misses differs
    from 1 - coverage by at most (B + rate) / (rate * n).
    """
    width, known = start, 0
    widths: list[float] = []
    score_list, row_list, end_list = scores.tolist(), rows.tolist(), end.tolist()
    for row in row_list:
        while known < len(widths) and end_list[known] <= row:
            score = score_list[known]
            if score == score:  # not NaN
                width += rate * ((score > widths[known]) - (1 - coverage))
            known += 1
        widths.append(width)
    return np.array(widths, dtype=np.float64)
