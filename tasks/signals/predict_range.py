"""Ranges and signals as the api answers them, each computed once a candle."""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import msgspec

from core.answers.amd import AmdData
from core.answers.signals import (
    OutlookInput,
    OutlookModel,
    PredictionData,
    RangeAhead,
    SignalData,
)
from core.clock.times import format_time, now_ms, parse_time
from core.jobs import Job, Json
from core.requests import PathRequest
from core.series import Series
from core.signals import (
    GRACE_MS,
    PREDICTION,
    RANGE_MODEL,
    horizon_label,
    model_name,
    path_target,
    version_name,
)
from storage.models.answer_cache import Asked
from storage.models.runs import RunRecord
from storage.stores import Stores
from tasks.jobs.held_job import Note, Report
from tasks.signals.prepared_candles import origins
from tasks.signals.speaking import Speaking, speaking

if TYPE_CHECKING:
    from ml.models.forecast_origin import Origin
    from ml.models.protocol import RangeForecast

COVERAGE_NAME = "0.9"

Answer = TypeVar("Answer", PredictionData, SignalData, AmdData)


def predict_range(
    stores: Stores, job: Job[PathRequest], report: Report, note: Note
) -> PredictionData:
    """Forecast how high and low prices go within `horizon` candles of the requested series."""
    return range_of(stores, job.request.series, job.request.horizon)


def range_of(stores: Stores, series: Series, horizon: int) -> PredictionData:
    """Do that, or return the answer that is at hand."""
    return once(
        stores,
        Asked(PREDICTION, series, horizon),
        lambda mark: _predict(stores, series, horizon, mark),
        PredictionData,
    )


def once(
    stores: Stores,
    asked: Asked,
    compute: Callable[[str], Answer],
    kind: type[Answer],
    about: Series | None = None,
) -> Answer:
    """Return the answer, computed unless it is at hand; others who ask meanwhile wait for it.

    `compute` is given the mark of the last write to the series. The answer is `about` candles
    that are made of it, where these are not held.
    """
    with _flights.of(asked):
        looked = stores.answers.look(asked)
        if looked.answer is not None:
            return msgspec.json.decode(looked.answer, type=kind)
        answer = compute(looked.mark)
        series = about or asked.series
        step = series.resolution * 1_000
        over = _next_close(stores, series, answer.input.last_time)
        left = min(over - now_ms(), step) if answer.input.newest else step
        mark = None if answer.input.newest else looked.mark
        stores.answers.keep(asked, answer, left, mark)
        return answer


def _next_close(stores: Stores, series: Series, newest: str) -> int:
    """Return when the candle closes (ms) after the newest one held, by that one's opening."""
    # NumPy comes in with this import.
    from core.clock.openings import end_of

    grid, opening = stores.facts.get(series).grid, parse_time(newest, "last_time") // 1_000
    closed = end_of(opening, series.resolution, grid)
    return end_of(closed, series.resolution, grid) * 1_000


class Flights:
    """One at a time for each question, within this process.

    Workers on other machines may compute the same: a lock for all of them would
    cost a synced write, which takes longer than the work.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy: dict[Asked, tuple[threading.Lock, int]] = {}

    @contextmanager
    def of(self, asked: Asked) -> Iterator[None]:
        """Wait for whoever is at the same question."""
        with self._lock:
            lock, users = self._busy.get(asked, (threading.Lock(), 0))
            self._busy[asked] = lock, users + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                users = self._busy[asked][1] - 1
                self._busy[asked] = lock, users
                if not users:
                    del self._busy[asked]


_flights = Flights()


def _predict(stores: Stores, series: Series, horizon: int, mark: str) -> PredictionData:
    loaded: Speaking[RangeForecast] = speaking(stores, path_target(series, horizon, RANGE_MODEL))
    origin = origins.get(stores, series, loaded.run, mark)
    scores, run = loaded.run.scores, loaded.run
    confidence = {
        "mae": sum(scores["mae_percent"].values()) / 2,
        "model_version": version_name(run.created_at, run.model_hash),
        "n": run.n,
    }
    forecast = loaded.forecast(stores, origin)
    shown = (
        context(series, horizon, origin, run, now_ms())
        | show_range(forecast)
        | {
            "ahead": range_ahead(forecast, run),
            "horizon_label": horizon_label(series, horizon),
            "confidence": confidence,
            "coverage": scores["coverage"],
            "skill": {
                **scores["skill"],
                "verdict": run.verdict,
                "baseline": run.metadata.get("baseline", "ewma_range"),
            },
        }
    )
    return msgspec.convert(shown, PredictionData)


def show_range(forecast: "RangeForecast") -> Json:
    """Return the last of several forecasts, in prices and in percent of the last close."""
    columns = forecast.last, forecast.high, forecast.low, forecast.upper, forecast.lower
    last, high, low, upper, lower = (float(column[-1]) for column in columns)
    return {
        "current_price": last,
        "predicted_high": high,
        "predicted_low": low,
        "delta_high_percent": 100 * (high / last - 1),
        "delta_low_percent": 100 * (low / last - 1),
        "range_percent": 100 * (high - low) / last,
        "interval": {COVERAGE_NAME: (lower, upper)},
    }


def range_ahead(forecast: "RangeForecast", run: RunRecord) -> RangeAhead | None:
    """Return how far the last of several forecasts reaches, None if that was not measured."""
    measured = run.scores.get("within")
    if measured is None:
        return None
    last, (up, down) = float(forecast.last[-1]), forecast.reach
    return RangeAhead(
        horizon=run.target.horizon,
        delta_high=float(up[-1]) - last,
        delta_low=last - float(down[-1]),
        confidence_high=measured["high"],
        confidence_low=measured["low"],
        n=run.n,
    )


def context(series: Series, horizon: int, origin: "Origin", run: RunRecord, now: int) -> Json:
    """Return what any answer says of itself: about what, from when, by which model."""
    end = origin.input_end
    over = origin.closes_at(origin.openings(horizon)[-1])
    return {
        "symbol": series.symbol,
        "platform": series.platform,
        "resolution": series.resolution,
        "horizon": horizon,
        "timestamp": format_time(end * 1_000),
        "made_at": format_time(now),
        "expires_at": format_time(over * 1_000),
        "model": OutlookModel(
            name=model_name(run.target),
            id=run.id,
            trained_at=format_time(run.created_at),
            data_hash=run.data_hash,
            model_hash=run.model_hash,
        ),
        "input": read_input(origin, now),
    }


def read_input(origin: "Origin", now: int) -> OutlookInput:
    """Say which candles were read, the holes among them, and whether newer ones should be there.

    `newest`: no later candle has closed. `stale`: one has, so long ago that it
    should have come; nothing was widened for that.
    """
    times, run = origin.history.times, origin.history.run
    after = (run[1:] == 1).nonzero()[0] + 1
    holes = [(origin.closes_at(int(times[n - 1])), int(times[n])) for n in after]
    next_close = origin.closes_at(origin.input_end) * 1_000
    return OutlookInput(
        last_time=format_time(int(times[-1]) * 1_000),
        candles=len(times),
        gaps=[[format_time(start * 1_000), format_time(end * 1_000)] for start, end in holes],
        newest=now < next_close,
        stale=now >= next_close + GRACE_MS,
        thin=origin.thin,
    )


def price_from(last: float, log_return: float) -> float:
    """Return the price that a log-return away from `last` is."""
    return last * math.exp(log_return)
