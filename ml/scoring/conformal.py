"""Intervals that hold what they promise, whatever made them, and correct themselves after.

Split conformal prediction for quantile forecasts: Romano, Patterson and Candès,
Conformalized Quantile Regression (2019). Rows are forecasts of a calibration
part that nothing was fitted on; each horizon (column) is corrected by itself.

Widths then follow what is realised. A forecast has a score: by how much its
interval must be widened to just hold the outcome (negative: it could have been
narrower). A miss widens the intervals after it by `rate * coverage`, a hit
narrows them by `rate * (1 - coverage)`, so that misses settle at the share that
is wanted, whatever the market does. Source: Angelopoulos, Candès and Tibshirani,
Conformal PID Control for Time Series Prediction (2023), quantile tracking; in
the spirit of Gibbs and Candès, Adaptive Conformal Inference Under Distribution
Shift (2021).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

# In half-widths of the interval, one step ahead and as a bound; tried on real candles, 0.003 to
# 0.02 differ little.
RATE, MOST_RATE = 0.015, 0.01
# Forecasts set apart come seldom, and those across one closure miss together: so much for all of
# one. On currencies and gold that gains 0.6 to 1.5% of their pinball loss one candle ahead and
# changes it by 0.2% at most six ahead (2% gained while markets change); noise loses 0.3%.
APART_RATE = 0.1


def interval_pairs(levels: Sequence[float]) -> dict[str, tuple[int, int]]:
    """Return the central intervals that ascending quantile `levels` bound.

    The key is the coverage as the API writes it, `"0.8"`, and the value the
    indices of both bounds, narrowest first.
    """
    pairs = {}
    for low in reversed(range(len(levels) // 2)):
        high = len(levels) - 1 - low
        pairs[f"{levels[high] - levels[low]:.6g}"] = (low, high)
    return pairs


def conformal_quantile(scores: Floats, coverage: float) -> Floats:
    """Return the quantile, with its finite-sample correction, along the first axis.

    Where rows are too few for `coverage` to be promised, the largest score.
    """
    count = scores.shape[0]
    rank = min(math.ceil((count + 1) * coverage), count)
    return np.asarray(np.partition(scores, rank - 1, axis=0)[rank - 1])


def quantile_shifts(realised: Floats, quantiles: Floats, levels: Sequence[float]) -> Floats:
    """Return what to add to each quantile, shape (H, Q), from realised (n, H), quantiles (n, H, Q).

    Both bounds of an interval move apart (or together) by the same amount; the
    median stays.
    """
    shifts = np.zeros(quantiles.shape[1:])
    for coverage, (low, high) in interval_pairs(levels).items():
        below, above = quantiles[..., low] - realised, realised - quantiles[..., high]
        width = conformal_quantile(np.maximum(below, above), float(coverage))
        shifts[:, low] -= width
        shifts[:, high] += width
    return shifts


def shift_quantiles(quantiles: Floats, shifts: Floats) -> Floats:
    """Add `shifts`, then put crossed quantiles in order.

    Sorting never raises the pinball loss: Chernozhukov, Fernández-Val and
    Galichon, Quantile and Probability Curves Without Crossing (2010).
    """
    return np.sort(quantiles + shifts, axis=-1)


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


def carry_width(
    start: float, scores: Floats, rows: Rows, end: Rows, coverage: float, rate: float
) -> tuple[Floats, float]:
    """Return the width of each row, and the one that all outcomes known by the last row leave.

    As `track_widths`, but each outcome is held against the width that those before it
    left, not the one its own forecast had. So nothing but that one number is needed to
    go on from any row, and it comes to the same wherever one pauses: this is how live
    forecasts and a walk through the past follow alike.
    """
    width, known = start, 0
    widths: list[float] = []
    score_list, end_list = scores.tolist(), end.tolist()
    for row in rows.tolist():
        while known < len(end_list) and end_list[known] <= row:
            score = score_list[known]
            if score == score:  # not NaN
                width += rate * ((score > width) - (1 - coverage))
            known += 1
        widths.append(width)
    return np.array(widths, dtype=np.float64), width


class Place(msgspec.Struct, frozen=True):
    """Where a width stands after outcomes: that of most forecasts, and of those set apart."""

    usual: float
    apart: float


class Width(msgspec.Struct, frozen=True):
    """What to add to both bounds of an interval so that it has its `coverage`.

    `rate` is how fast that follows, in proportion to the interval's own reach. `apart`
    is the width of forecasts of another sort, where enough were known to tell.
    """

    coverage: float
    start: float
    rate: float
    apart: "Width | None" = None
    # Files of earlier versions follow by `track_widths`.
    carried: bool = False

    @classmethod
    def learn(
        cls,
        scores: Floats,
        reach: Floats | float,
        coverage: float,
        horizon: int,
        apart: Bools | None = None,
    ) -> Self:
        """Choose the width on held-out scores of intervals that reach `reach` to a side.

        A score is by how much an interval must be widened to just hold what is realised.
        Those that `apart` marks, `horizon` in a row, have a width of their own.
        """
        if apart is None or not apart.any():
            return cls._of(scores, reach, coverage, tracking_rate(horizon))
        reaches = np.broadcast_to(reach, scores.shape)
        usual, other = (
            cls._of(scores[part], reaches[part], coverage, rate)
            for part, rate in ((~apart, tracking_rate(horizon)), (apart, APART_RATE / horizon))
        )
        return msgspec.structs.replace(usual, apart=other)

    @classmethod
    def _of(cls, scores: Floats, reach: Floats | float, coverage: float, rate: float) -> Self:
        start = float(conformal_quantile(scores, coverage))
        return cls(coverage, start, rate * max(float(np.mean(reach)) + start, 0.0), carried=True)

    def follow(self, scores: Floats, rows: Rows, end: Rows) -> Floats:
        """Return a width for each row, from the scores known by then.

        A score is NaN where it is not known yet; otherwise known at row `end`.
        """
        return self.carry(scores, rows, end)[0]

    def carry(
        self,
        scores: Floats,
        rows: Rows,
        end: Rows,
        apart: Bools | None = None,
        since: Place | None = None,
    ) -> tuple[Floats, Place | None]:
        """Go on from `since`; return a width for each row, and the place after the last.

        Widths of earlier versions have no place: they begin anew each time.
        """
        if not self.carried:
            return track_widths(self.start, scores, rows, end, self.coverage, self.rate), None
        other = self.apart
        since = since or Place(self.start, self.start if other is None else other.start)
        if other is None or apart is None:
            widths, last = carry_width(since.usual, scores, rows, end, self.coverage, self.rate)
            return widths, Place(last, since.apart)
        scored = np.where(apart, np.nan, scores), np.where(apart, scores, np.nan)
        usual, last = carry_width(since.usual, scored[0], rows, end, self.coverage, self.rate)
        own, other_last = carry_width(since.apart, scored[1], rows, end, self.coverage, other.rate)
        return np.where(apart, own, usual), Place(last, other_last)


Widths = dict[str, Width]


def learn_widths(
    realised: Floats,
    quantiles: Floats,
    levels: tuple[float, ...],
    horizon: int,
    apart: Bools | None = None,
) -> Widths:
    """Return the widths of all central intervals, by their coverage as the API writes it."""
    widths = {}
    for name, (low, high) in interval_pairs(levels).items():
        scores = interval_scores(realised, quantiles[:, low], quantiles[:, high])
        reach = (quantiles[:, high] - quantiles[:, low]) / 2
        widths[name] = Width.learn(scores, reach, float(name), horizon, apart)
    return widths


def start_widths(quantiles: Floats, levels: Sequence[float], horizon: int) -> Widths:
    """Return widths that begin at nothing, of quantiles (n, Q) that are conformal already."""
    widths = {}
    for name, (low, high) in interval_pairs(levels).items():
        reach = float((quantiles[:, high] - quantiles[:, low]).mean()) / 2
        widths[name] = Width(float(name), 0.0, tracking_rate(horizon) * reach, carried=True)
    return widths


def carry_widths(
    widths: Mapping[str, Width],
    realised: Floats,
    quantiles: Floats,
    levels: tuple[float, ...],
    rows: Rows,
    end: Rows,
    apart: Bools | None = None,
    since: Mapping[str, Place] | None = None,
) -> tuple[Floats, dict[str, Place]]:
    """Go on from the places `since`; return quantiles, ascending, and the new places.

    Their intervals learn from each outcome once it is known.
    """
    followed, places = quantiles.copy(), {}
    for name, (low, high) in interval_pairs(levels).items():
        scores = interval_scores(realised, quantiles[:, low], quantiles[:, high])
        width, place = widths[name].carry(scores, rows, end, apart, (since or {}).get(name))
        if place:
            places[name] = place
        followed[:, low] -= width
        followed[:, high] += width
    return np.asarray(np.sort(followed, axis=1)), places


def interval_scores(realised: Floats, low: Floats, high: Floats) -> Floats:
    """Return by how much each interval must be widened to both sides to just hold `realised`."""
    return np.asarray(np.maximum(low - realised, realised - high))
