"""Pushed candles wake what speaks at a candle's close: a robot does not wait for the schedule."""

from collections.abc import Callable

from core.answers.candles import CandlesStored
from core.clock.times import now_ms
from core.jobs import Job
from core.requests import StoreCandles
from core.series import Series
from storage.candles.newest_finished import newest_finished
from storage.stores import Stores
from tasks.candles.store_candles import store_candles
from tasks.jobs.held_job import Note, Report


class StoreAndWake:
    """Stores an upload, and has the pass at a candle's close run where something awaits it.

    Once for all that is stored before the pass looks.
    """

    def __init__(self, wake: Callable[[], None], clock: Callable[[], int] = now_ms) -> None:
        self._wake = wake
        self._clock = clock

    def __call__(
        self, stores: Stores, job: Job[StoreCandles], report: Report, note: Note
    ) -> CandlesStored:
        """Store the candles of a request; see `store_candles`."""
        stored = store_candles(stores, job, report, note)
        if self._is_awaited(stores, job.request.series) and stores.closes.tell():
            self._wake()
        return stored

    def _is_awaited(self, stores: Stores, series: Series) -> bool:
        """Say whether the newest candle has just closed, of a series that is spoken of."""
        newest = newest_finished(stores.candles, series)
        if newest is None or self._clock() // 1_000 > newest + 2 * series.resolution:
            return False
        spoken_of = {slot.target.series for slot in stores.slots.offered()}
        return series in spoken_of or any(w.series == series for w in stores.watches.list())
