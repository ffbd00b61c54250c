"""Candles that a record is told by, each series read once.

Loads NumPy and pandas: import it where it is needed.
"""

from core.clock.grids import Grid
from core.clock.resolutions import MINUTE
from core.series import Series
from ml.scoring.signal_outcome import Bars
from storage.candles.candle_store import CandleStore
from storage.candles.series_facts import SeriesFactsStore
from tasks.signals.finest_path import bars_of

# Positions are marked at the closes of candles so long (s), shorter ones at their own.
FINE = 5 * MINUTE


class RecordCandles:
    """Candles that opened since an instant (s)."""

    def __init__(self, candles: CandleStore, facts: SeriesFactsStore, since: int) -> None:
        self._candles = candles
        self._facts = facts
        self._since = since
        self._read: dict[Series, Bars] = {}

    def own(self, series: Series) -> Bars:
        """Return a series' own candles, one that opened before included."""
        if series not in self._read:
            since = self._since - 2 * series.resolution
            self._read[series] = bars_of(self._candles, series, since)
        return self._read[series]

    def grid(self, series: Series) -> Grid:
        """Return the grid on which a series' candles open."""
        return self._facts.get(series).grid

    def fine(self, series: Series) -> tuple[Bars, int]:
        """Return the candles on which its positions are marked, and their length (s)."""
        if series.resolution > FINE:
            fine = self.own(Series(series.platform, series.symbol, FINE))
            if len(fine.time):
                return fine, FINE
        return self.own(series), series.resolution
