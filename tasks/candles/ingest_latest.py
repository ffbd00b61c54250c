"""The latest candles of a series, for a caller who waits for them."""

from functools import partial

from core.answers.candles import LatestCandles
from core.clock.times import format_time, now_ms
from core.jobs import Job, Progress
from core.requests import SeriesRequest
from core.retry import RetryPolicy
from core.series import Series
from feeds.candle_sources import CandleSource
from feeds.paging import Rows, collect
from storage.stores import Stores
from tasks.candles.collect_candles import OpenExchange, record_clock
from tasks.candles.given_up import impatient
from tasks.candles.store_fetched import grid_of, store_fetched
from tasks.jobs.held_job import Note, Report

# A series that is further behind gets its newest pages only; a backfill closes the gap.
PAGES = 10
POLICY = RetryPolicy(attempts=3, obeyed_s=5.0)


def ingest_latest(
    open_exchange: OpenExchange,
    stores: Stores,
    job: Job[SeriesRequest],
    report: Report,
    note: Note,
) -> LatestCandles:
    """Fetch from the newest candle held, which may have been unfinished, up to now.

    A candle that is held is revised where the exchange's differs. An exchange
    that does not answer fails the job at once.
    """
    series = job.request.series
    counts = {"fetched": 0, "inserted": 0, "revised": 0}

    def keep(rows: Rows, cursor: int) -> None:
        written = store_fetched(stores, series, rows).written
        counts["fetched"] += len(rows)
        counts["inserted"] += written.inserted
        counts["revised"] += written.revised
        report(Progress(counts["fetched"], 0, "candles"))

    with impatient():
        exchange = open_exchange(series.platform)
        done = collect(
            partial(exchange.fetch_page, series.symbol, series.resolution),
            _start(stores, series, exchange),
            now_ms() // 1_000,
            series.resolution,
            exchange.page_limit,
            on_page=keep,
            grid=grid_of(stores, series),
            policy=POLICY,
        )
    record_clock(stores, exchange)
    return LatestCandles("ok", **counts, calls=done.calls, last_candle=last_candle(stores, series))


def last_candle(stores: Stores, series: Series) -> str | None:
    """Return when the newest candle of a series opened."""
    newest = stores.candles.read(series, limit=1, newest=True)
    return format_time(int(newest.time[0]) * 1_000) if len(newest) else None


def _start(stores: Stores, series: Series, exchange: CandleSource) -> int:
    now = now_ms() // 1_000
    page = exchange.page_limit * series.resolution
    newest = stores.candles.read(series, limit=1, newest=True)
    if not len(newest):
        return now - page + series.resolution
    return max(int(newest.time[0]), now - PAGES * page)
