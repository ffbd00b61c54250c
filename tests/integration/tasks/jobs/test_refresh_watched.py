"""Watched series are brought up to date by the schedule."""

from collections.abc import Callable

import pytest

from core.clock.times import now_ms
from core.errors import ExchangeUnavailable
from core.series import Series
from feeds.exchange_candles import ExchangeCandles
from storage import keys
from storage.candles.candle_columns import Candles
from tasks.candles.refresh_watched import refresh_watched
from tests.integration.tasks.jobs.workbench import Workbench

SERIES = Series("coinbase", "BTC-USD", 60)
MINUTE = 60


class LiveMarket:
    """An exchange with a candle for every minute up to the present one."""

    platform = "coinbase"
    page_limit = 300
    clock_offset_ms = 0

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.away = False

    def fetch_page(
        self, symbol: str, resolution: int, start_s: int, end_s: int
    ) -> list[list[float]]:
        if self.away:
            raise ExchangeUnavailable("coinbase is away.", retry_after=0)
        self.asked.append(start_s)
        first = -(-start_s // MINUTE) * MINUTE
        return [[t, 1.0, 1.0, 1.0, 1.0, 1.0] for t in range(first, end_s + 1, MINUTE)]


def _refresh(bench: Workbench, market: LiveMarket, days: int = 0) -> int:
    opened: Callable[[str], ExchangeCandles] = lambda _: market  # type: ignore[assignment,return-value]  # noqa: E731
    return refresh_watched(bench.stores, bench.enqueue, opened, days)


@pytest.mark.clock(once=True)  # twenty seconds into a minute: no candle ends meanwhile
def test_a_watched_series_gets_its_newest_candles_once_a_minute(bench: Workbench) -> None:
    bench.stores.watches.add(SERIES)
    before = _hold_a_candle(bench, minutes_ago=20)
    market = LiveMarket()

    assert _refresh(bench, market) == 1

    assert market.asked[0] == before
    held = bench.stores.candles.read(SERIES)
    assert len(held) >= 21
    (watch,) = bench.stores.watches.list()
    assert watch.last_error is None
    assert watch.last_success_at
    assert _refresh(bench, market) == 0


def test_an_exchange_that_is_away_is_recorded_and_asked_again_later(bench: Workbench) -> None:
    bench.stores.watches.add(SERIES)
    _hold_a_candle(bench, minutes_ago=3)
    market = LiveMarket()
    market.away = True

    _refresh(bench, market)

    (watch,) = bench.stores.watches.list()
    assert watch.last_error == "coinbase is away."
    assert watch.last_success_at is None
    assert _refresh(bench, market) == 0


def test_a_series_far_behind_gets_one_job_for_all_of_it(bench: Workbench) -> None:
    bench.stores.watches.add(SERIES)
    market = LiveMarket()

    _refresh(bench, market, days=30)
    _refresh(bench, market, days=30)

    (job,), total = bench.stores.jobs.list()
    assert (job.name, total) == ("fetch_candles", 1)
    assert job.request["end"] - job.request["start"] >= 30 * 86_400_000
    assert market.asked == []


def test_a_series_that_another_run_works_on_is_left_to_it(bench: Workbench) -> None:
    bench.stores.watches.add(SERIES)
    market = LiveMarket()
    lock = bench.stores.redis.lock(keys.refresh_lock(SERIES), timeout=60)
    assert lock.acquire(blocking=False)

    _refresh(bench, market)

    assert market.asked == []
    lock.release()


def _hold_a_candle(bench: Workbench, minutes_ago: int) -> int:
    """Store one candle and return its opening (s)."""
    opening = now_ms() // 60_000 * MINUTE - minutes_ago * MINUTE
    bench.stores.candles.write(SERIES, Candles.from_rows([[opening, 1, 1, 1, 1, 1]]))
    return opening
