"""Indicators of the newest candles of a series."""

import msgspec
import numpy as np

from core.answers.indicators import (
    IndicatorInput,
    IndicatorsData,
    IndicatorSummary,
    IndicatorValues,
)
from core.clock.openings import ends
from core.clock.times import format_time, now_ms
from core.jobs import Job
from core.requests import SeriesRequest
from core.series import CandleFlag, Series
from storage.candles.candle_columns import Candles
from storage.service.data_ages import data_age
from storage.stores import Stores
from tasks.candles.store_fetched import grid_of
from tasks.jobs.held_job import Note, Report


def compute_indicators(
    stores: Stores, job: Job[SeriesRequest], report: Report, note: Note
) -> IndicatorsData:
    """Compute all indicators of a series from the tail that they need.

    The newest candle counts as it is now, finished or not; `input` says which. What lies
    before a hole is left out: averages across it would be of two markets.
    """
    # pandas and TA-Lib come in with this import.
    from ml.features.indicators import TAIL, current_indicators

    series = job.request.series
    candles = stores.candles.read(series, limit=TAIL, newest=True)
    told = _input(stores, series, candles)
    if told.hole:
        candles = candles.take(slice(len(candles) - told.candles, None))
    found = current_indicators(candles.columns(), told.hole[1] if told.hole else None)
    now = now_ms()
    return IndicatorsData(
        symbol=series.symbol,
        platform=series.platform,
        resolution=series.resolution,
        timestamp=format_time(now),
        price=float(candles.close[-1]),
        indicators=msgspec.convert(found.values, IndicatorValues),
        summary=msgspec.convert(found.summary, IndicatorSummary),
        reasons=found.reasons,
        input=told,
    )


def _input(stores: Stores, series: Series, candles: Candles) -> IndicatorInput:
    """Say which candles the indicators are made from: the newest, and the holes among them."""
    times = candles.time
    expected = ends(times, series.resolution, grid_of(stores, series))
    before = np.flatnonzero(times[1:] > expected[:-1])
    after = stores.freshness.last_hole(series, times)
    age = data_age(stores, series)
    return IndicatorInput(
        last_time=format_time(int(times[-1]) * 1_000),
        candles=len(candles) - (after or 0),
        gaps=[_span(expected[place], times[place + 1]) for place in before],
        partial=bool(candles.flags[-1] & CandleFlag.PARTIAL),
        stale=age.stale,
        as_of=age.as_of,
        age=age.age,
        hole=None if after is None else _span(expected[after - 1], times[after]),
    )


def _span(start: int, end: int) -> list[str]:
    return [format_time(int(start) * 1_000), format_time(int(end) * 1_000)]
