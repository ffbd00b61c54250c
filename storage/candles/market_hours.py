"""When a series' market is open, as its own candles tell; remembered for an hour."""

import time
from collections.abc import Callable

from core.clock.resolutions import HOUR
from core.clock.sessions import WEEK, Sessions, learn_sessions
from core.process.recent import Recent
from core.series import Series
from storage.candles.candle_store import CandleStore
from storage.candles.series_facts import SeriesFactsStore

# Closures are learnt from so much of the newest past (s).
LEARNT_FROM = 8 * WEEK
_SERIES = 2_000
# A market of which nearly every candle of these weeks is held does not close.
_ALWAYS_OPEN = 0.99


class MarketHours:
    """Regular closures by series; its methods may raise `RedisUnavailable`."""

    def __init__(
        self,
        candles: CandleStore,
        facts: SeriesFactsStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._candles = candles
        self._facts = facts
        self._clock = clock
        self._known: Recent[tuple[Series, int], Sessions] = Recent(_SERIES)

    def sessions(self, series: Series) -> Sessions:
        """Return the closures of a series; one of less than four weeks has none."""
        this_hour = int(self._clock() // HOUR)
        return self._known.get((series, this_hour), lambda: self._learn(series))

    def _learn(self, series: Series) -> Sessions:
        extent, facts = self._candles.extent(series), self._facts.get(series)
        since = max(extent.first, extent.last - LEARNT_FROM) if extent else 0
        if extent is None or self._is_full(series, since, extent.last):
            return Sessions.around_the_clock(series.resolution, facts.grid)
        times = self._candles.times(series, since)
        return learn_sessions(times, series.resolution, facts.zone, facts.grid)

    def _is_full(self, series: Series, since: int, last: int) -> bool:
        expected = (last - since) // series.resolution + 1
        return self._candles.count(series, since, last) >= _ALWAYS_OPEN * expected
