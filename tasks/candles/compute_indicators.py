"""Indicators of the newest candles of a series."""

from typing import Any

import numpy as np

from core.jobs import Job
from core.series import CandleFlag, make_series
from core.times import format_time, now_ms
from storage.candles.candle_columns import Candles
from storage.stores import Stores
from tasks.jobs.held_job import Note, Report

# A newest candle that closed longer ago than this many of its own lengths is stale.
FRESH_LENGTHS = 2


def compute_indicators(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Compute all indicators of `platform, symbol, resolution` from the tail that they need.

    The newest candle counts as it is now, finished or not; `input` says which.
    """
    # pandas and TA-Lib come in with this import.
    from ml.features.indicators import TAIL, current_indicators

    request = job.request
    series = make_series(request["platform"], request["symbol"], request["resolution"])
    candles = stores.candles.read(series, limit=TAIL, newest=True)
    found = current_indicators(candles.columns())
    now = now_ms()
    return {
        "symbol": series.symbol,
        "platform": series.platform,
        "resolution": series.resolution,
        "timestamp": format_time(now),
        "price": float(candles.close[-1]),
        "indicators": found.values,
        "summary": found.summary,
        "reasons": found.reasons,
        "input": _input(candles, series.resolution, now),
    }


def _input(candles: Candles, resolution: int, now: int) -> dict[str, Any]:
    """Say which candles the indicators were made from: the newest, and the holes among them."""
    times = candles.time
    last = int(times[-1])
    before = np.flatnonzero(np.diff(times) > resolution)
    holes = [(int(times[n]) + resolution, int(times[n + 1])) for n in before]
    return {
        "last_time": format_time(last * 1_000),
        "candles": len(candles),
        "gaps": [[format_time(start * 1_000), format_time(end * 1_000)] for start, end in holes],
        "partial": bool(candles.flags[-1] & CandleFlag.PARTIAL),
        "stale": now > (last + (1 + FRESH_LENGTHS) * resolution) * 1_000,
    }
