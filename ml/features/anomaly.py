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
_AHEAD = 64  # prices looked at together, and more while they are calm
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

    Packed tails, the latest time (microseconds), whether the last trade lay behind
    it, and the packed prices refused since the last one that counts.
    """

    prices: bytes = b""
    sizes: bytes = b""
    watermark: int = 0
    disordered: bool = False
    refused: bytes = b""


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
    price, prices, refused = _price_scores(trades.price, state, limits)
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
    packed = prices.tobytes(), sizes.tobytes()
    return found, DetectorState(*packed, watermark, disordered, refused.tobytes())


def _price_scores(
    price: Floats, state: DetectorState, limits: AnomalyLimits
) -> tuple[Floats, Floats, Floats]:
    """Return each trade's distance from the rolling median, in robust deviations.

    Then the prices kept, and those refused: one that is found does not enter the
    median of those after it, or a burst of bad prints would soon be the rule. After
    `WINDOW` refused in a row the market has moved. Only where the prices of a window
    spread by `price_move` at all can one lie that far from the median: medians are
    worked out there alone.
    """
    memory = _Prices(np.frombuffer(state.prices), np.frombuffer(state.refused))
    logs, scores = np.log(price), np.zeros(len(price))
    at, ahead = 0, _AHEAD
    while at < len(logs):
        if not len(memory.refused):
            calm = memory.take_calm(logs[at : at + ahead], limits.price_move)
            at, ahead = at + calm, 4 * ahead if calm == ahead else _AHEAD
        # Where prices move they are looked at one by one, for a while.
        end = min(at + _AHEAD, len(logs)) if ahead == _AHEAD else at
        for moving in range(at, end):
            scores[moving] = memory.take(float(logs[moving]), limits)
        at = end
    return scores, memory.packed(), memory.refused


class _Prices:
    """Logarithms of the prices that count, and of those refused since the last that did."""

    def __init__(self, kept: Floats, refused: Floats) -> None:
        self._kept = kept
        self.refused = refused
        self._recent: list[float] | None = None  # in place of `_kept`, while prices move
        self._deviations: list[float] = []  # of the newest, each from the median before it

    def packed(self) -> Floats:
        """Return the newest prices that count."""
        return self._kept if self._recent is None else np.array(self._recent)

    def take_calm(self, logs: Floats, move: float) -> int:
        """Keep the prices before the first that may have moved by `move`; return how many."""
        kept = self.packed()
        every = np.concatenate([kept, logs])
        moved = np.flatnonzero(_may_have_moved(every, len(logs), move))
        calm = int(moved[0]) if len(moved) else len(logs)
        if calm:
            self._kept, self._recent = every[: len(kept) + calm][-2 * WINDOW :], None
        return calm

    def take(self, log: float, limits: AnomalyLimits) -> float:
        """Judge one price by those that count, and keep or refuse it."""
        recent = self._moving()
        score = deviation = 0.0
        if len(recent) >= WINDOW:
            deviation = abs(log - _median(recent[-WINDOW:]))
            if deviation >= limits.price_move:
                spread = MAD_TO_SIGMA * _median(self._deviations) if self._deviations else 0.0
                score = deviation / max(spread, limits.price_floor)
        if score >= limits.price_score:
            self.refused = np.append(self.refused, log)
            if len(self.refused) >= WINDOW:
                # So many in a row are no bad prints: this is the price now.
                self._kept, self.refused, self._recent = self.refused, self.refused[:0], None
            return score
        self.refused = self.refused[:0]
        if len(recent) >= WINDOW:
            self._deviations = [*self._deviations[1 - WINDOW :], deviation]
        self._recent = [*recent[1 - 2 * WINDOW :], log]
        return score

    def _moving(self) -> list[float]:
        if self._recent is None:
            self._recent = self._kept.tolist()
            before = range(WINDOW, len(self._recent))
            medians = [_median(self._recent[at - WINDOW : at]) for at in before]
            deviations = zip(self._recent[WINDOW:], medians, strict=True)
            self._deviations = [abs(log - median) for log, median in deviations]
        return self._recent


def _median(values: list[float]) -> float:
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _may_have_moved(logs: Floats, count: int, move: float) -> NDArray[np.bool_]:
    if np.ptp(logs) < move:
        return np.zeros(count, dtype=np.bool_)
    padded = np.concatenate([np.full(WINDOW, logs[0]), logs])
    windows = sliding_window_view(padded, WINDOW + 1)[-count:]
    spread = windows.max(axis=1) - windows.min(axis=1)
    return np.asarray(spread >= move)


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
