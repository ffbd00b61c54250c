"""Indicators of the newest candles of a series."""

import msgspec
import numpy as np

from core.answers.indicators import (
    IndicatorInput,
    IndicatorsData,
    IndicatorSummary,
    IndicatorValues,
)
from core.clock.grids import Grid
from core.clock.openings import ends
from core.clock.times import format_time, now_ms
from core.jobs import Job
from core.requests import SeriesRequest
from core.series import CandleFlag
from storage.candles.candle_columns import Candles
from storage.stores import Stores
from tasks.candles.store_fetched import grid_of
from tasks.jobs.held_job import Note, Report

# A newest candle that closed longer ago than this many of its own lengths is stale.
FRESH_LENGTHS = 2


def compute_indicators(
    stores: Stores, job: Job[SeriesRequest], report: Report, note: Note
) -> IndicatorsData:
    """Compute all indicators of a series from the tail that they need.

    The newest candle counts as it is now, finished or not; `input` says which.
    """
    # pandas and TA-Lib come in with this import.
    from ml.features.indicators import TAIL, current_indicators

    series = job.request.series
    candles = stores.candles.read(series, limit=TAIL, newest=True)
    found = current_indicators(candles.columns())
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
        input=_input(candles, series.resolution, grid_of(stores, series), now),
    )


def _input(candles: Candles, resolution: int, grid: Grid, now: int) -> IndicatorInput:
    """Say which candles the indicators were made from: the newest, and the holes among them."""
    times = candles.time
    last = int(times[-1])
    expected = ends(times, resolution, grid)
    before = np.flatnonzero(times[1:] > expected[:-1])
    holes = zip(expected[before].tolist(), times[before + 1].tolist(), strict=True)
    return IndicatorInput(
        last_time=format_time(last * 1_000),
        candles=len(candles),
        gaps=[[format_time(start * 1_000), format_time(end * 1_000)] for start, end in holes],
        partial=bool(candles.flags[-1] & CandleFlag.PARTIAL),
        stale=now > (last + (1 + FRESH_LENGTHS) * resolution) * 1_000,
    )
