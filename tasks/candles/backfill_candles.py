"""Gaps in the candles held, filled from the exchange: only what is missing is asked for."""

import time
from dataclasses import dataclass

import msgspec

from core.answers.candles import Backfilled
from core.clock.grids import Grid
from core.clock.times import format_time
from core.jobs import Job, Progress
from core.requests import BackfillCandles
from core.retry import RetryPolicy
from core.series import Series
from feeds.candle_sources import CandleSource
from feeds.paging import Rows, collect
from storage.stores import Stores
from tasks.candles.collect_candles import OpenExchange, record_clock
from tasks.candles.given_up import impatient
from tasks.candles.ingest_latest import POLICY, last_candle
from tasks.candles.store_fetched import grid_of, store_fetched
from tasks.jobs.held_job import Note, Report


class Filled(msgspec.Struct):
    """What a job has done so far: its checkpoint.

    `held` and `missing` count the candles of the range before it began; gaps up
    to `cursor` (s) are dealt with.
    """

    held: int
    missing: int
    gaps: int
    cursor: int
    calls: int = 0
    fetched: int = 0
    revised: int = 0


def backfill_candles(
    open_exchange: OpenExchange,
    stores: Stores,
    job: Job[BackfillCandles],
    report: Report,
    note: Note,
) -> Backfilled:
    """Fill the gaps of a request.

    Each page is stored, then noted, so that a retry goes on where it stopped. An
    exchange that never answered fails the job; one that stops answering later
    is waited for. `gaps` of the result are still open: the exchange has nothing
    there.
    """
    series, request = job.request.series, job.request
    filled = _filled(stores, series, job, note)
    exchange = open_exchange(series.platform)
    grid = grid_of(stores, series)
    filling = _Filling(stores, series, grid, filled, exchange, request.sleep_ms, report, note)
    for first, after in stores.candles.gaps(series, filled.cursor, request.end):
        filling.fill(first, after, min(request.limit, exchange.page_limit))
    left = stores.candles.gaps(series, request.start, request.end)
    held = stores.candles.count(series, request.start, request.end - 1)
    return Backfilled(
        status="ok",
        fetched=filled.fetched,
        inserted=held - filled.held,
        revised=filled.revised,
        calls=filled.calls,
        days=request.days,
        gaps_found=filled.gaps,
        gaps=[[format_time(at * 1_000) for at in gap] for gap in left],
        last_candle=last_candle(stores, series),
    )


@dataclass(frozen=True, slots=True)
class _Filling:
    stores: Stores
    series: Series
    grid: Grid
    filled: Filled
    exchange: CandleSource
    sleep_ms: int
    report: Report
    note: Note

    def fill(self, first: int, after: int, page: int) -> None:
        """Fetch the candles that open from `first` to before `after`."""
        step = self.series.resolution
        self._tell()
        if self.filled.calls:
            self._collect(first, after - 1, page, RetryPolicy())
            return
        with impatient():
            self._collect(first, min(first + page * step, after) - 1, page, POLICY)
        if first + page * step < after:
            self._collect(first + page * step, after - 1, page, RetryPolicy())

    def _collect(self, first: int, last: int, page: int, policy: RetryPolicy) -> None:
        collect(
            self._page,
            first,
            last,
            self.series.resolution,
            page,
            on_page=self._keep,
            grid=self.grid,
            policy=policy,
            sleep=self._sleep,
        )

    def _page(self, first: int, last: int) -> Rows:
        if self.filled.calls:
            self._sleep(self.sleep_ms / 1_000)
        rows = self.exchange.fetch_page(self.series.symbol, self.series.resolution, first, last)
        self.filled.calls += 1
        return rows

    def _keep(self, rows: Rows, cursor: int) -> None:
        self.filled.revised += store_fetched(self.stores, self.series, rows).written.revised
        self.filled.fetched += len(rows)
        self.filled.cursor = cursor
        record_clock(self.stores, self.exchange)
        self.note(msgspec.to_builtins(self.filled))
        self._tell()

    def _tell(self) -> None:
        self.report(Progress(min(self.filled.fetched, self.filled.missing), self.filled.missing,
                             "candles"))  # fmt: skip

    def _sleep(self, seconds: float) -> None:
        """Sleep, looking up often enough to see that the job must stop."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._tell()
            time.sleep(min(left, 0.5))


def _filled(stores: Stores, series: Series, job: Job[BackfillCandles], note: Note) -> Filled:
    if job.checkpoint:
        return msgspec.convert(job.checkpoint, Filled)
    start, end = job.request.start, job.request.end
    gaps = stores.candles.gaps(series, start, end)
    missing = sum(after - first for first, after in gaps) // series.resolution
    held = stores.candles.count(series, start, end - 1)
    filled = Filled(held=held, missing=missing, gaps=len(gaps), cursor=start)
    note(msgspec.to_builtins(filled))
    return filled
