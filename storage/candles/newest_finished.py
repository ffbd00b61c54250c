"""The newest candles of a series, which of them are finished, and which of those is the last."""

import threading
from collections import OrderedDict
from typing import NamedTuple

from core.clock.grids import Grid
from core.clock.openings import closed_at
from core.series import CandleFlag, Series
from storage.candles.candle_columns import Candles
from storage.candles.candle_store import CandleStore
from storage.candles.series_state import SeriesState


class _Seen(NamedTuple):
    state: SeriesState
    candles: Candles


class NewestCandles:
    """The newest `count` candles of the series used last: read once, then what was written since.

    A thousand candles take ten times as long to read as the few that most closes bring.
    """

    def __init__(self, store: CandleStore, count: int, capacity: int = 512) -> None:
        self._store = store
        self._count = count
        self._capacity = capacity
        self._lock = threading.Lock()
        self._seen: OrderedDict[Series, _Seen] = OrderedDict()

    def get(self, series: Series, state: SeriesState | None = None) -> Candles:
        """Return them, oldest first, as they are held in one moment; `state` is of just before."""
        now = state or self._state(series)
        seen = self._seen.get(series)
        if seen is None or seen.state.mark != now.mark:
            seen = _Seen(now, self._read(series, seen, now))
        with self._lock:
            self._seen[series] = seen
            self._seen.move_to_end(series)
            while len(self._seen) > self._capacity:
                self._seen.popitem(last=False)
        return seen.candles

    def _read(self, series: Series, seen: _Seen | None, now: SeriesState) -> Candles:
        since = now.changed_since(seen.state) if seen else None
        if seen and since is not None and len(seen.candles) and since > seen.candles.time[0]:
            newer = self._store.read(series, start=since)
            # Whoever wrote meanwhile may have changed what was not read.
            if self._state(series).mark == now.mark:
                older = seen.candles.take(seen.candles.time < since)
                return Candles.join([older, newer]).take(slice(-self._count, None))
        return self._store.read(series, limit=self._count, newest=True)

    def _state(self, series: Series) -> SeriesState:
        return self._store.states([series])[series]


def finished(candles: Candles) -> Candles:
    """Return the candles that had ended when they were stored."""
    return candles.take((candles.flags & int(CandleFlag.PARTIAL)) == 0)


def newest_finished(store: CandleStore, series: Series) -> int | None:
    """Return the opening (s UTC) of the newest finished candle, None if there is none."""
    # Only the last candle of a series can be unfinished: the one before it is not.
    return last_finished(store.read(series, limit=2, newest=True))


def last_finished(candles: Candles) -> int | None:
    """Return the opening (s UTC) of the last finished one of some candles, None if none is."""
    done = finished(candles).time
    return int(done[-1]) if len(done) else None


def newest_closed(store: CandleStore, series: Series, grid: Grid, now: int) -> int | None:
    """Return the newest finished candle (opening, s) if no later one has closed by `now` (s)."""
    newest = newest_finished(store, series)
    last = closed_at(now, series.resolution, grid)
    return newest if newest is not None and newest >= last else None


def newest_is_unfinished(store: CandleStore, series: Series) -> bool:
    """Say whether the last candle held has not ended; False where none is held."""
    newest = store.read(series, limit=1, newest=True)
    return len(newest) > len(finished(newest))
