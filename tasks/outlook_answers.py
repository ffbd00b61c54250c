"""Ranges and signals as the api answers them, each computed once a candle."""

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from core.errors import Unavailable
from core.jobs import Job
from core.outlook import (
    GRACE_MS,
    HORIZON_LABELS,
    PREDICTION,
    RANGE,
    RESOLUTION,
    model_name,
    version_name,
)
from core.series import Series, make_series
from core.times import format_time, now_ms
from storage.answer_cache import CLAIM_MS, Asked
from storage.registry_rows import RunRecord
from storage.stores import Stores
from tasks.held_job import Note, Report
from tasks.outlook_models import models
from tasks.outlook_origins import origins

if TYPE_CHECKING:
    from ml.models.path_range import RangeForecast
    from ml.slot_forecast import Origin

COVERAGE_NAME = "0.9"
_LOOK_S = 0.004

Answer = dict[str, Any]


def predict_range(stores: Stores, job: Job, report: Report, note: Note) -> Answer:
    """Forecast how high and low prices go within `horizon` candles of the requested series."""
    series, horizon = requested(job)
    return once(
        stores,
        Asked(PREDICTION, series, horizon),
        lambda mark: _predict(stores, series, horizon, mark),
    )


def requested(job: Job) -> tuple[Series, int]:
    """Return the series and the horizon of a request."""
    request = job.request
    series = make_series(request["platform"], request["symbol"], request["resolution"])
    return series, request["horizon"]


def once(stores: Stores, asked: Asked, compute: Callable[[str], Answer]) -> Answer:
    """Return the answer, computed here unless it is at hand or another worker is at it.

    `compute` is given the mark of the last write to the series.
    """
    patience = time.monotonic() + CLAIM_MS / 1_000
    while True:
        claim = stores.answers.claim(asked)
        if claim.answer is not None:
            if claim.mine:
                stores.answers.let_go(asked)
            return dict(msgspec.json.decode(claim.answer))
        if claim.mine:
            return _compute(stores, asked, compute, claim.mark)
        if time.monotonic() > patience:
            raise Unavailable("The answer is being computed and takes unusually long; ask again.")
        time.sleep(_LOOK_S)


def _compute(stores: Stores, asked: Asked, compute: Callable[[str], Answer], mark: str) -> Answer:
    try:
        answer = compute(mark)
    except BaseException:
        stores.answers.let_go(asked)
        raise
    left = RESOLUTION * 1_000 - now_ms() % (RESOLUTION * 1_000)
    stores.answers.keep(asked, answer, left, None if answer["input"]["newest"] else mark)
    return answer


def _predict(stores: Stores, series: Series, horizon: int, mark: str) -> Answer:
    loaded = models.champion(stores.registry, series, horizon, RANGE)
    origin = origins.get(stores, series, loaded.run, mark)
    said = loaded.range_from(origin)
    now, scores = now_ms(), loaded.run.scores
    return (
        context(series, horizon, origin, loaded.run, now)
        | show_range(said)
        | {
            "horizon_label": HORIZON_LABELS[horizon],
            "confidence": {
                "mae": sum(scores["mae_percent"].values()) / 2,
                "model_version": version_name(loaded.run.created_at, loaded.run.model_hash),
                "n": loaded.run.n,
            },
            "coverage": scores["coverage"],
            "skill": {**scores["skill"], "verdict": loaded.run.verdict, "baseline": "ewma_range"},
        }
    )


def show_range(said: "RangeForecast") -> Answer:
    """Return the last of several forecasts, in prices and in percent of the last close."""
    last, high, low, upper, lower = (
        float(column[-1]) for column in (said.last, said.high, said.low, said.upper, said.lower)
    )
    return {
        "current_price": last,
        "predicted_high": high,
        "predicted_low": low,
        "delta_high_percent": 100 * (high / last - 1),
        "delta_low_percent": 100 * (low / last - 1),
        "range_percent": 100 * (high - low) / last,
        "interval": {COVERAGE_NAME: [lower, upper]},
    }


def context(series: Series, horizon: int, origin: "Origin", run: RunRecord, now: int) -> Answer:
    """Return what any answer says of itself: about what, from when, by which model."""
    end = origin.input_end
    return {
        "symbol": series.symbol,
        "platform": series.platform,
        "resolution": series.resolution,
        "horizon": horizon,
        "timestamp": format_time(end * 1_000),
        "made_at": format_time(now),
        "expires_at": format_time((end + horizon * series.resolution) * 1_000),
        "model": {
            "name": model_name(run.slot),
            "id": run.id,
            "trained_at": format_time(run.created_at),
            "data_hash": run.data_hash,
            "model_hash": run.model_hash,
        },
        "input": _input(series, origin, now),
    }


def _input(series: Series, origin: "Origin", now: int) -> Answer:
    """Say which candles were read, the holes among them, and whether newer ones should be there.

    `newest`: no later candle has closed. `stale`: one has, so long ago that it
    should have come; nothing was widened for that.
    """
    times, step = origin.history.times, series.resolution
    before = [n for n in range(1, len(times)) if origin.history.run[n] == 1]
    holes = [(int(times[n - 1]) + step, int(times[n])) for n in before]
    behind = now - origin.input_end * 1_000
    return {
        "last_time": format_time(int(times[-1]) * 1_000),
        "candles": len(times),
        "gaps": [[format_time(start * 1_000), format_time(end * 1_000)] for start, end in holes],
        "newest": behind < step * 1_000,
        "stale": behind >= step * 1_000 + GRACE_MS,
    }


def price_from(last: float, log_return: float) -> float:
    """Return the price that a log-return away from `last` is."""
    return last * math.exp(log_return)
