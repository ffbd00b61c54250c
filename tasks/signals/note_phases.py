"""Changes of phases (accumulation, manipulation, distribution) told as candles close."""

from collections.abc import Iterator

from core.clock.resolutions import HOUR
from core.clock.times import now_ms
from core.series import Series
from storage.candles.candle_columns import Candles
from storage.candles.newest_finished import is_newest, last_finished
from storage.candles.series_state import SeriesState
from storage.stores import Stores
from tasks.jobs.candle_frames import frame_of
from tasks.signals.market_history import newest_phases
from tasks.signals.prepared_candles import origins


class PhaseWatch:
    """Watches watched and offered series; remembers for its process up to which candle."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._seen: dict[Series, int] = {}

    def run(self) -> int:
        """Tell of the phases that changed with a candle that has just closed; returns how many."""
        return sum(self._told(series, state, held) for series, state, held in self._closed())

    def _closed(self) -> Iterator[tuple[Series, SeriesState, Candles]]:
        """Yield the series of which a candle has just closed, with their newest candles."""
        stores, now = self._stores, now_ms() // 1_000
        watched = {watch.series for watch in stores.watches.list()}
        offered = {slot.target.series for slot in stores.slots.offered()}
        due = [one for one in sorted(watched | offered, key=str) if self._is_due(one, now)]
        for series, state in stores.candles.states(due).items():
            held = origins.candles(stores, series, state)
            newest, grid = last_finished(held), stores.facts.get(series).grid
            if newest != self._seen.get(series) and is_newest(newest, series, grid, now):
                yield series, state, held

    def _is_due(self, series: Series, now: int) -> bool:
        seen = self._seen.get(series)
        return seen is None or now >= _next_close(seen, series.resolution)

    def _told(self, series: Series, state: SeriesState, held: Candles) -> bool:
        stores = self._stores
        found = newest_phases.get(stores, series, state.mark, frame_of(stores, series, held))
        self._seen[series] = found.opening
        if not found.known:
            return False
        return stores.signal_events.note_phase(series, found.before, found.phase, found.closed)


def _next_close(opening: int, resolution: int) -> int:
    """Return from when on (s) the candle after one may have closed: clocks make some shorter."""
    shorter = HOUR if resolution > HOUR else 0
    return opening + 2 * resolution - shorter
