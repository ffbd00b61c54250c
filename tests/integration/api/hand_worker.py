"""The workers of the next candle's tasks, in a thread of the test's own process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from core.jobs import JobState
from core.settings import Settings
from feeds.exchange_candles import ExchangeCandles
from storage.stores import Stores
from tasks import task_table as table
from tasks.candles.backfill_candles import backfill_candles
from tasks.candles.collect_candles import collect_candles
from tasks.candles.ingest_latest import ingest_latest
from tasks.forecasts.forecast_slots import SlotForecaster
from tasks.forecasts.score_forecasts import ForecastScorer
from tasks.jobs.run_step import Work, run_step
from tasks.next_candle.materialise_series import SeriesMaker
from tasks.next_candle.train_next_candle import train_next_candle, walk_next_candle
from tasks.next_candle.update_futures import FuturesUpdate


class HandWorker:
    """Does what is queued, as the processes of an installation would."""

    def __init__(self, stores: Stores, settings: Settings) -> None:
        self._stores = stores
        self._settings = settings
        self.series = SeriesMaker(stores)
        self._over = threading.Event()
        update = FuturesUpdate(SlotForecaster(stores), ForecastScorer(), self.series)
        self._works: dict[table.Task[Any, Any], Work[Any, Any]] = {
            table.TRAIN_NEXT_CANDLE: train_next_candle,
            table.WALK_NEXT_CANDLE: walk_next_candle,
            table.REBUILD_SERIES: self.series.rebuild,
            table.COMPUTE_SERIES: self.series.compute,
            table.UPDATE_FUTURES: update,
            table.FETCH_CANDLES: partial(collect_candles, self._exchange),
            table.INGEST_LATEST: partial(ingest_latest, self._exchange),
            table.BACKFILL_CANDLES: partial(backfill_candles, self._exchange),
        }

    @contextmanager
    def working(self) -> Iterator["HandWorker"]:
        """Work as long as the block lasts, and end what was begun."""
        thread = threading.Thread(target=self._work)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    def _work(self) -> None:
        while not self._over.wait(0.01):
            for job in self._stores.jobs.list(JobState.QUEUED)[0]:
                name = job.stages[job.stage]
                task, work = next(kept for kept in self._works.items() if kept[0].name == name)
                run_step(self._stores, job.id, job.stage, work, task.request)

    def _exchange(self, platform: str) -> ExchangeCandles:
        base = self._settings.exchange_urls.get(platform)
        return ExchangeCandles(platform, base_url=base, timeout_s=5, rate_limit_ms=0)
