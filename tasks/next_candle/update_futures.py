"""Forecasts before the fact, on request: what can be said in time now, and what has come."""

from core.answers.next_candle import FuturesUpdated, Updated
from core.clock.times import now_ms
from core.jobs import Job
from core.next_candle import candle_target
from core.requests import SeriesRequest
from storage.stores import Stores
from tasks.forecasts.forecast_slots import SlotForecaster
from tasks.forecasts.score_forecasts import AT_ONCE, ForecastScorer
from tasks.jobs.held_job import Note, Report
from tasks.next_candle.materialise_series import SeriesMaker
from tasks.task_table import INGEST_LATEST


class FuturesUpdate:
    """Enters forecasts of a series into the ledger by its rule, and joins their outcomes."""

    def __init__(
        self, forecaster: SlotForecaster, scorer: ForecastScorer, maker: SeriesMaker
    ) -> None:
        self._forecaster = forecaster
        self._scorer = scorer
        self._maker = maker

    def __call__(
        self, stores: Stores, job: Job[SeriesRequest], report: Report, note: Note
    ) -> Updated | FuturesUpdated:
        """Update a request's series; the result counts rows entered and rows scored.

        Nothing that is in the ledger changes, and what is too late is not made.
        """
        series = job.request.series
        entered = self._forecaster.forecast_series(series)
        waiting = stores.ledger_reader.pending(0, now_ms() // 1_000, AT_ONCE).get(series, [])
        scored = self._scorer.join(stores, series, waiting) if waiting else 0
        if stores.registry.champion(candle_target(series)) is not None:
            self._maker.extend(series)
        if job.name == INGEST_LATEST.name:
            return FuturesUpdated("ok", entered + scored)
        return Updated("ok", entered + scored)
