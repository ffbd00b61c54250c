"""Changes of phases (accumulation, manipulation, distribution) told as candles close."""

from collections.abc import Iterator

from core.clock.openings import end_of
from core.clock.resolutions import HOUR
from core.clock.times import now_ms
from core.series import Series
from storage.candles.newest_finished import newest_closed
from storage.stores import Stores
from tasks.jobs.candle_frames import frame_of
from tasks.signals.market_history import market_history


class PhaseWatch:
    """Watches watched and offered series; remembers for its process up to which candle."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._seen: dict[Series, int] = {}

    def run(self) -> int:
        """Tell of the phases that changed with a candle that has just closed; returns how many."""
        return sum(self._told(series, newest) for series, newest in self._closed())

    def _closed(self) -> Iterator[tuple[Series, int]]:
        stores, now = self._stores, now_ms() // 1_000
        watched = {watch.series for watch in stores.watches.list()}
        offered = {slot.target.series for slot in stores.slots.offered()}
        for series in sorted(watched | offered, key=str):
            seen = self._seen.get(series)
            if seen is not None and now < _next_close(seen, series.resolution):
                continue
            newest = newest_closed(stores.candles, series, stores.facts.get(series).grid, now)
            if newest is not None and newest != seen:
                yield series, newest

    def _told(self, series: Series, newest: int) -> bool:
        # TA-Lib and pandas come in with this import.
        from ml.amd.measures import PhaseRules
        from ml.amd.phases import PHASES
        from ml.amd.reading import LOOKBACKS, current_phases

        stores, rules = self._stores, PhaseRules()
        candles = stores.candles.read(series, limit=LOOKBACKS * rules.lookback + 1, newest=True)
        history = market_history(stores, series, frame_of(stores, series, candles))
        phases = current_phases(history, rules)
        self._seen[series] = newest
        if not phases.known[-2:].all():
            return False
        before, now = (PHASES[code].value for code in phases.codes[-2:])
        closed = end_of(newest, series.resolution, phases.history.sessions.grid)
        return stores.signal_events.note_phase(series, before, now, closed)


def _next_close(opening: int, resolution: int) -> int:
    """Return from when on (s) the candle after one may have closed: clocks make some shorter."""
    shorter = HOUR if resolution > HOUR else 0
    return opening + 2 * resolution - shorter
