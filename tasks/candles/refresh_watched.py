"""The watched series, kept fresh: what is new is fetched here, a long way back by a job."""

import logging
from contextlib import suppress
from functools import partial

import msgspec

from core.clock.grids import PLAIN, Grid
from core.clock.openings import opening_at
from core.clock.times import now_ms
from core.errors import Conflict, TickcastError
from core.forecast_target import deadline_ms
from core.platforms import FETCHED
from core.requests import FetchCandles
from core.retry import RetryPolicy
from core.series import Series
from feeds.candle_sources import CandleSource
from feeds.paging import Rows, collect
from storage import keys
from storage.candles.newest_finished import newest_finished
from storage.candles.watches import Watch
from storage.locks import turn
from storage.stores import Stores
from tasks.candles.collect_candles import OpenExchange, record_clock
from tasks.candles.store_fetched import grid_of, store_fetched
from tasks.enqueue import Enqueue
from tasks.task_table import FETCH_CANDLES

logger = logging.getLogger(__name__)

# An exchange needs a moment after a candle's end to publish it (ms); if it takes longer, it
# is asked again as long as a forecast from that candle would count.
SETTLE_MS = 1_000
# The unfinished candle of a long resolution is brought up to date at least so often (ms).
LONGEST_PAUSE_MS = 300_000
RETRY_MS = 30_000
# A series that is further behind gets a job; one that stays behind, one an hour.
PAGES_HERE = 10
JOB_PAUSE_MS = 3_600_000
# No turn at a series takes longer; its lock ends then (s).
TURN_S = 600
DAY_S = 86_400


def refresh_watched(
    stores: Stores, enqueue: Enqueue, open_exchange: OpenExchange, backfill_days: int
) -> int:
    """Fetch what is new of every watched series that is due; returns how many were.

    A series without candles begins `backfill_days` ago. Runs may overlap: each
    series is worked on by one at a time. Candles of other platforms than ours are brought:
    whether they come, `check_feeds` says.
    """
    watches = [one for one in stores.watches.list() if one.series.platform in FETCHED]
    facts = stores.facts.all([watch.series for watch in watches])
    pairs = zip(watches, facts, strict=True)
    due = [watch for watch, known in pairs if is_due(watch, now_ms(), known.grid)]
    for watch in due:
        with turn(stores.redis, keys.refresh_lock(watch.series), TURN_S) as mine:
            if mine:
                _refresh(stores, enqueue, open_exchange, watch, backfill_days)
    return len(due)


def is_due(watch: Watch, now: int, grid: Grid = PLAIN) -> bool:
    """Say whether a watch wants a run at `now` (epoch ms).

    It does once a candle has ended since its last success, or after 5 minutes;
    after a failure it waits for half a minute.
    """
    if watch.last_error is not None and watch.last_run_at is not None:
        return now - watch.last_run_at >= RETRY_MS
    if watch.last_success_at is None:
        return True
    closed = opening_at((now - SETTLE_MS) // 1_000, watch.series.resolution, grid)
    settled = closed * 1_000 + SETTLE_MS
    return watch.last_success_at < settled or now - watch.last_success_at >= LONGEST_PAUSE_MS


def _refresh(
    stores: Stores,
    enqueue: Enqueue,
    open_exchange: OpenExchange,
    watch: Watch,
    backfill_days: int,
) -> None:
    series, now = watch.series, now_ms()
    try:
        exchange = open_exchange(series.platform)
        newest = stores.candles.read(series, limit=1, newest=True)
        start = int(newest.time[0]) if len(newest) else now // 1_000 - backfill_days * DAY_S
        behind = (now // 1_000 - start) // series.resolution
        if behind < PAGES_HERE * exchange.page_limit:
            _fetch(stores, exchange, series, start)
        elif now - (watch.last_success_at or 0) >= JOB_PAUSE_MS:
            _queue_backfill(enqueue, series, start, now)
        else:
            return
    except TickcastError as error:
        logger.warning("watch %s: %s", series, error.detail)
        stores.watches.record(series, error.detail)
    else:
        if not _awaits_candle(stores, series, now_ms()):
            stores.watches.record(series, None)


def _awaits_candle(stores: Stores, series: Series, now: int) -> bool:
    """Say whether the candle that has just closed has not come yet."""
    grid = grid_of(stores, series)
    closed = opening_at(now // 1_000, series.resolution, grid)
    if now > deadline_ms(closed, series.resolution):
        return False
    newest = newest_finished(stores.candles, series)
    return newest is None or newest < opening_at(closed - 1, series.resolution, grid)


def _fetch(stores: Stores, exchange: CandleSource, series: Series, start: int) -> None:
    """Fetch from the newest candle on, which may have been unfinished."""

    def keep(rows: Rows, _cursor: int) -> None:
        store_fetched(stores, series, rows)

    collect(
        partial(exchange.fetch_page, series.symbol, series.resolution),
        start,
        now_ms() // 1_000,
        series.resolution,
        exchange.page_limit,
        on_page=keep,
        grid=grid_of(stores, series),
        policy=RetryPolicy(attempts=3),
    )
    record_clock(stores, exchange)


def _queue_backfill(enqueue: Enqueue, series: Series, start: int, now: int) -> None:
    request = FetchCandles(**msgspec.structs.asdict(series), start=start * 1_000, end=now)
    with suppress(Conflict):
        enqueue.begin(FETCH_CANDLES, request, unique_key=f"backfill:{series}")
