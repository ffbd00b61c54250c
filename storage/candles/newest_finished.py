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
    """The newest candles of the series used last: read once, then what was written since.

    A thousand candles take ten times as long to read as the few that most closes bring. So
    many candles are kept in all as `room` says, 64 bytes each; without `counts` how many trades
    they had is left unknown.
    """

    def __init__(self, store: CandleStore, room: int = 512_000, *, counts: bool = True) -> None:
        self._store = store
        self._room = room
        self._counts = counts
        self._lock = threading.Lock()
        self._seen: OrderedDict[tuple[Series, int], _Seen] = OrderedDict()
        self._kept = 0

    def get(self, series: Series, count: int, state: SeriesState | None = None) -> Candles:
        """Return the last `count`, oldest first, as they are held in one moment.

        `state` is the series' of just before.
        """
        now, key = state or self._state(series), (series, count)
        seen = self._seen.get(key)
        # Of candles that an old version wrote no mark tells when they are another's.
        if seen is None or not now.is_noted or seen.state.mark != now.mark:
            seen = _Seen(now, self._read(series, count, seen, now))
        self._keep(key, seen)
        return seen.candles

    def _keep(self, key: tuple[Series, int], seen: _Seen) -> None:
        with self._lock:
            before = self._seen.pop(key, None)
            self._seen[key] = seen
            self._kept += len(seen.candles) - (len(before.candles) if before else 0)
            while self._kept > self._room:
                self._kept -= len(self._seen.popitem(last=False)[1].candles)

    def _read(self, series: Series, count: int, seen: _Seen | None, now: SeriesState) -> Candles:
        since = now.changed_since(seen.state) if seen else None
        if seen and since is not None and len(seen.candles) and since > seen.candles.time[0]:
            newer = self._store.read(series, start=since, counts=self._counts)
            # Whoever wrote meanwhile may have changed what was not read.
            if self._state(series).mark == now.mark:
                older = seen.candles.take(seen.candles.time < since)
                return Candles.join([older, newer]).take(slice(-count, None))
        return self._store.read(series, limit=count, newest=True, counts=self._counts)

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
    return newest if is_newest(newest, series, grid, now) else None


def is_newest(newest: int | None, series: Series, grid: Grid, now: int) -> bool:
    """Say whether no later candle than one (opening, s) has closed by `now` (s); False for None."""
    return newest is not None and newest >= closed_at(now, series.resolution, grid)


def newest_is_unfinished(store: CandleStore, series: Series) -> bool:
    """Say whether the last candle held has not ended; False where none is held."""
    newest = store.read(series, limit=1, newest=True)
    return len(newest) > len(finished(newest))
