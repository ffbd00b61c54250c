"""The finest candles that a position lived through: an hour's cannot tell which exit came first.

Loads NumPy and pandas: import it where it is needed.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.clock.grids import PLAIN, Grid
from core.clock.openings import ends
from core.clock.resolutions import HOUR, MINUTE
from core.series import Market, Series
from ml.scoring.signal_outcome import Bars
from storage.candles.candle_store import CandleStore
from storage.candles.newest_finished import finished

Integers = NDArray[np.int64]
_COLUMNS = ("time", "open", "high", "low", "close")
# Lengths (s) that are looked for, the finest first; minutes only for candles of up to an hour.
FINE = (MINUTE, 5 * MINUTE)
# A finer candle that is missing may come for so long (s) after the coarse one's end.
_PATIENCE_S = 600


class FinestPath(NamedTuple):
    """Candles of a position's time; `openings` (s) are all that it lived through, held or not.

    `step` is the length of the fine ones; `coarse` are openings of those as long as the
    signal's own, which stand where a fine one is missing.
    """

    openings: Integers
    bars: Bars
    step: int
    coarse: frozenset[int] = frozenset()


class FineCandles:
    """Finer candles of markets from an instant (s) on, each series read once."""

    def __init__(self, candles: CandleStore, start_of: Callable[[Market], int]) -> None:
        self._candles = candles
        self._start_of = start_of
        self._read: dict[Series, Bars] = {}

    def finer_than(self, series: Series) -> list[tuple[int, Bars]]:
        """Return lengths below a series' own with the candles held, the finest first."""
        steps = [step for step in FINE if step < series.resolution]
        if series.resolution > HOUR:
            steps = [step for step in steps if step > MINUTE]
        found = [(step, self._bars(Series(series.platform, series.symbol, step))) for step in steps]
        return [(step, bars) for step, bars in found if len(bars.time)]

    def _bars(self, series: Series) -> Bars:
        if series not in self._read:
            start = self._start_of(Market(series.platform, series.symbol))
            self._read[series] = bars_of(self._candles, series, start)
        return self._read[series]


def bars_of(candles: CandleStore, series: Series, start: int, end: int | None = None) -> Bars:
    """Return the finished candles that open from `start` to `end` (s)."""
    done = finished(candles.read(series, start, end))
    return Bars(done.time, done.open, done.high, done.low, done.close)


def finest_path(
    openings: Integers,
    own: Bars,
    resolution: int,
    finer: list[tuple[int, Bars]],
    made_at: int,
    now: int,
    grid: Grid = PLAIN,
) -> FinestPath:
    """Return the finest path of candles through `openings` (s), those of a signal's own length.

    A position is entered at the first finer open at or after the signal was made (epoch ms);
    where that is not held, the path is that of the signal's own candles. `now` is in s;
    the signal's own candles open on `grid`.
    """
    closes = ends(openings, resolution, grid)
    closes = np.minimum(closes, np.append(openings[1:], closes[-1]))
    for step, bars in finer:
        late = max(0, made_at - int(openings[0]) * 1_000)
        entry = int(openings[0]) + -(-late // (step * 1_000)) * step
        if entry in bars.time:
            return _mixed(openings, own, closes, (step, bars), entry, now)
    return FinestPath(openings, own, resolution)


def _mixed(
    openings: Integers,
    own: Bars,
    closes: Integers,
    fine: tuple[int, Bars],
    entry: int,
    now: int,
) -> FinestPath:
    """Return fine candles, and coarse ones in place of those that have holes for good."""
    (step, bars), coarse, parts = fine, list[int](), list[Integers]()
    newest = int(bars.time[-1]) + step
    for opening, end in zip(openings.tolist(), closes.tolist(), strict=True):
        part = np.arange(max(opening, entry), end, step)
        over = newest >= end or now >= end + _PATIENCE_S
        whole = len(bars.at(part).time) == len(part)
        if opening > entry and over and opening in own.time and not whole:
            coarse.append(opening)
            part = np.array([opening])
        parts.append(part)
    every = np.concatenate(parts)
    held = _joined(bars.at(np.setdiff1d(every, coarse)), own.at(np.array(coarse, np.int64)))
    return FinestPath(every, held, step, frozenset(coarse))


def _joined(fine: Bars, coarse: Bars) -> Bars:
    order = np.argsort(np.concatenate([fine.time, coarse.time]))
    pairs = ((getattr(fine, name), getattr(coarse, name)) for name in _COLUMNS)
    return Bars(*(np.concatenate(pair)[order] for pair in pairs))
