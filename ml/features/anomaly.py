"""Find trades that are probably wrong: bad prints, absurd sizes, disordered times.

Online and robust: each trade is judged by medians of those before it alone, so
that neither the trade itself nor a few bad ones before it can hide it.
"""

from typing import NamedTuple

import msgspec
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WINDOW = 48
SIZE_WINDOW = 96
SIZE_RANK = 4  # the largest few may be outliers themselves
# Turns a median absolute deviation into a standard deviation, if the noise is normal.
MAD_TO_SIGMA = 1.4826


class AnomalyLimits(msgspec.Struct, frozen=True):
    """From where on something is an anomaly.

    `price_score` is in robust standard deviations of the price around its
    rolling median, and `price_move` its least relative size; `size_ratio` is a
    multiple of the fourth largest recent size; `disorder_s` is how far (s) behind the
    latest trade a time may lie, and beyond `backfill_s` it is history that comes
    late on purpose.
    """

    price_score: float = 12.0
    price_move: float = 0.004
    price_floor: float = 1e-4
    size_ratio: float = 30.0
    disorder_s: float = 1.0
    backfill_s: float = 600.0


class DetectorState(msgspec.Struct):
    """What the detector remembers of a symbol.

    Packed tails, the latest time (microseconds), and whether the last trade lay
    behind it.
    """

    prices: bytes = b""
    sizes: bytes = b""
    watermark: int = 0
    disordered: bool = False


class Anomaly(msgspec.Struct, frozen=True):
    """One finding: time in microseconds UTC, price in quote and size in base currency."""

    time: int
    trade_id: int
    price: float
    size: float
    score: float
    reason: str


class TradeColumns(NamedTuple):
    """Trades in the order of arrival: id, time (microseconds UTC), price, size."""

    trade_id: Ints
    time: Ints
    price: Floats
    size: Floats


def detect(
    trades: TradeColumns, state: DetectorState, limits: AnomalyLimits
) -> tuple[list[Anomaly], DetectorState]:
    """Judge new trades; returns the anomalies and the state for the next call.

    Splitting the same trades into other batches finds the same. The first 48
    trades of a symbol are not judged by price or size. Of trades in a row that
    are out of order the first one stands for all.
    """
    price, prices = _price_scores(trades.price, state, limits)
    size, sizes = _size_scores(trades.size, state)
    lag, watermark = _lags(trades.time, state.watermark)
    late = (lag > limits.disorder_s) & (lag <= limits.backfill_s)
    disorder = late & ~np.concatenate([[state.disordered], late[:-1]])
    findings = (
        ("price_jump", price, price >= limits.price_score),
        ("size_outlier", size, size >= limits.size_ratio),
        ("time_disorder", lag, disorder),
    )
    found = [
        Anomaly(
            int(trades.time[at]),
            int(trades.trade_id[at]),
            float(trades.price[at]),
            float(trades.size[at]),
            round(float(score[at]), 3),
            reason,
        )
        for reason, score, mask in findings
        for at in np.flatnonzero(mask)
    ]
    disordered = bool(late[-1]) if len(late) else state.disordered
    return found, DetectorState(prices.tobytes(), sizes.tobytes(), watermark, disordered)


def _price_scores(
    price: Floats, state: DetectorState, limits: AnomalyLimits
) -> tuple[Floats, Floats]:
    """Return each trade's distance from the rolling median, in robust deviations.

    Only where the prices of a window spread by `price_move` at all can one lie
    that far from the median: medians are worked out there alone.
    """
    before = np.frombuffer(state.prices)
    logs = np.concatenate([before, np.log(price)])
    scores = np.zeros(len(price))
    for at in len(before) + np.flatnonzero(_may_have_moved(logs, len(price), limits.price_move)):
        if at >= WINDOW:
            scores[at - len(before)] = _price_score(logs[: at + 1], limits)
    return scores, logs[-2 * WINDOW :]


def _may_have_moved(logs: Floats, count: int, move: float) -> NDArray[np.bool_]:
    if np.ptp(logs) < move:
        return np.zeros(count, dtype=np.bool_)
    padded = np.concatenate([np.full(WINDOW, logs[0]), logs])
    windows = sliding_window_view(padded, WINDOW + 1)[-count:]
    spread = windows.max(axis=1) - windows.min(axis=1)
    return np.asarray(spread >= move)


def _price_score(logs: Floats, limits: AnomalyLimits) -> float:
    """Return the score of the last of `logs`, judged by those before it."""
    recent = logs[-2 * WINDOW - 1 :]
    deviation = abs(recent[-1] - np.median(recent[-WINDOW - 1 : -1]))
    if deviation < limits.price_move:
        return 0.0
    centres = np.median(sliding_window_view(recent[:-1], WINDOW), axis=1)
    earlier = np.abs(recent[WINDOW:-1] - centres[:-1])
    spread = MAD_TO_SIGMA * np.median(earlier) if len(earlier) else 0.0
    return float(deviation / max(spread, limits.price_floor))


def _size_scores(size: Floats, state: DetectorState) -> tuple[Floats, Floats]:
    """Return each size as a multiple of the fourth largest of the window before it."""
    before = np.frombuffer(state.sizes)
    sizes = np.concatenate([before, size])
    padded = np.concatenate([np.zeros(SIZE_WINDOW), sizes[:-1]])
    windows = sliding_window_view(padded, SIZE_WINDOW)[-len(size) :]
    largest = np.partition(windows, -SIZE_RANK, axis=1)[:, -SIZE_RANK]
    known = np.arange(len(size)) + len(before) >= WINDOW
    ratio = np.divide(size, largest, out=np.zeros(len(size)), where=known & (largest > 0))
    return ratio, sizes[-SIZE_WINDOW:]


def _lags(time: Ints, watermark: int) -> tuple[Floats, int]:
    """Return how far (s) each trade lies behind the latest before it."""
    latest = np.maximum.accumulate(np.concatenate([[watermark], time]))
    return np.maximum(latest[:-1] - time, 0) / 1e6, int(latest[-1])
