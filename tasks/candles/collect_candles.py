"""Candles fetched from an exchange, page by page, into the store."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from core.answers.candles import KlineResult
from core.clock.grids import Grid
from core.clock.openings import opening_at
from core.clock.times import format_time, now_ms
from core.errors import ExchangeUnavailable
from core.jobs import Job, Progress
from core.requests import FetchCandles
from core.series import Series
from feeds.candle_sources import CandleSource
from feeds.paging import Rows, collect
from storage.stores import Stores
from tasks.candles.given_up import GivenUp
from tasks.candles.store_fetched import grid_of, store_fetched
from tasks.jobs.held_job import Note, Report

# An exchange that has not answered once since the work began is given up after so long (ms).
# One that has is waited for as any part that is away is: ten minutes from page to page.
FIRST_ANSWER_MS = 120_000

OpenExchange = Callable[[str], CandleSource]


class Tally(msgspec.Struct):
    """What a job has fetched so far: its checkpoint, and in the end its result.

    `held` counts the candles of the range that were there before it began.
    """

    held: int
    cursor: int | None = None
    calls: int = 0
    fetched: int = 0
    revised: int = 0
    duplicates: int = 0
    rejected: int = 0
    first: int | None = None
    last: int | None = None


class Span(msgspec.Struct, frozen=True):
    """Openings from `start` to `end`, both included, s; before `closed` they have ended."""

    start: int
    end: int
    closed: int


def collect_candles(
    open_exchange: OpenExchange,
    stores: Stores,
    job: Job[FetchCandles],
    report: Report,
    note: Note,
) -> KlineResult:
    """Fetch the candles of a request and store them.

    Each page is stored, then noted, so that a retry goes on with the page that
    was under way. `inserted` is a difference of counts and right even so;
    `calls` counts the pages that were answered. `gaps` are what is missing among
    the candles that had ended when the job was made. Raises `GivenUp` where the exchange
    has not answered once in `FIRST_ANSWER_MS`.
    """
    series = job.request.series
    grid = grid_of(stores, series)
    span = _span(job, grid)
    tally = _tally(stores, series, span, job, note)
    exchange = open_exchange(series.platform)
    begun = job.started_at or now_ms()
    _Fetching(stores, series, grid, span, tally, exchange, report, note, begun).run()
    return _result(stores, series, span, tally)


@dataclass(slots=True)
class _Fetching:
    """One attempt at a job, from the page where the one before stopped."""

    stores: Stores
    series: Series
    grid: Grid
    span: Span
    tally: Tally
    exchange: CandleSource
    report: Report
    note: Note
    begun: int
    waits: str = ""

    def run(self) -> None:
        self.waits = "" if self.tally.calls else f"asking {self.series.platform}"
        self._tell()
        collect(
            self._page,
            self.span.start,
            self.span.end,
            self.series.resolution,
            self.exchange.page_limit,
            on_page=self._keep,
            grid=self.grid,
            cursor=self.tally.cursor,
            sleep=self._sleep,
        )

    def _page(self, first: int, last: int) -> Rows:
        try:
            rows = self.exchange.fetch_page(self.series.symbol, self.series.resolution, first, last)
        except ExchangeUnavailable as error:
            self._check_patience(error)
            self.waits = f"waiting for {self.series.platform}: {error.detail}"
            raise
        self.tally.calls += 1
        self.waits = ""
        return rows

    def _check_patience(self, error: ExchangeUnavailable) -> None:
        if not self.tally.calls and now_ms() - self.begun > FIRST_ANSWER_MS:
            raise GivenUp(
                f"{self.series.platform} has not answered in {FIRST_ANSWER_MS // 60_000} minutes: "
                f"{error.detail} Nothing was fetched; ask again once it can be reached."
            ) from error

    def _keep(self, rows: Rows, cursor: int) -> None:
        _store(self.stores, self.series, rows, self.tally)
        self.tally.cursor = cursor
        record_clock(self.stores, self.exchange)
        self.note(msgspec.to_builtins(self.tally))
        self._tell()

    def _tell(self) -> None:
        step, cursor = self.series.resolution, self.tally.cursor
        total = max(0, (self.span.end - self.span.start) // step + 1)
        done = 0 if cursor is None else (cursor - self.span.start) // step
        self.report(Progress(min(done, total), total, "candles", self.waits))

    def _sleep(self, seconds: float) -> None:
        """Sleep, looking up often enough to see that the job must stop."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._tell()
            time.sleep(min(left, 0.5))


def record_clock(stores: Stores, exchange: CandleSource) -> None:
    """Keep how far the exchange's clock is from ours, if its answers said so."""
    if exchange.clock_offset_ms is not None:
        stores.clocks.record(exchange.platform, exchange.clock_offset_ms, now_ms())


def _span(job: Job[FetchCandles], grid: Grid) -> Span:
    """Return what is asked for, cut off at the time when the job was made."""
    asked = job.request.span
    made = job.created_at // 1_000
    end = min(asked.end // 1_000, made)
    closed = opening_at(made, job.request.series.resolution, grid)
    return Span(-(-asked.start // 1_000), end, closed)


def _tally(stores: Stores, series: Series, span: Span, job: Job[FetchCandles], note: Note) -> Tally:
    if job.checkpoint:
        return msgspec.convert(job.checkpoint, Tally)
    tally = Tally(held=stores.candles.count(series, span.start, span.end))
    note(msgspec.to_builtins(tally))
    return tally


def _store(stores: Stores, series: Series, rows: Rows, tally: Tally) -> None:
    checked, written = store_fetched(stores, series, rows)
    tally.fetched += len(rows)
    tally.rejected += len(checked.rejected)
    tally.duplicates += checked.duplicates
    tally.revised += written.revised
    if not len(checked.candles):
        return
    first, last = int(checked.candles.time[0]), int(checked.candles.time[-1])
    tally.first = first if tally.first is None else min(first, tally.first)
    tally.last = last if tally.last is None else max(last, tally.last)


def _result(stores: Stores, series: Series, span: Span, tally: Tally) -> KlineResult:
    until = min(span.end + 1, span.closed)
    gaps = stores.candles.gaps(series, span.start, until) if until > span.start else []
    return KlineResult(
        fetched=tally.fetched,
        inserted=stores.candles.count(series, span.start, span.end) - tally.held,
        revised=tally.revised,
        duplicates=tally.duplicates,
        rejected=tally.rejected,
        calls=tally.calls,
        gaps=[[_time(first), _time(after)] for first, after in gaps],
        first=None if tally.first is None else _time(tally.first),
        last=None if tally.last is None else _time(tally.last),
    )


def _time(second: int) -> str:
    return format_time(second * 1_000)
