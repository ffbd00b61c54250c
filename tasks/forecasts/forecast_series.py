"""Forecasts of any series for who asks, by models that were trained, or are trained first."""

from typing import TYPE_CHECKING, Any

import msgspec

from core.answers.forecasts import (
    ForecastBaseline,
    ForecastSkill,
    ForecastsMade,
    HorizonForecast,
    HorizonsTrained,
    SpokenBy,
)
from core.clock.times import format_time, now_ms
from core.errors import Conflict
from core.forecast_target import ForecastTarget
from core.jobs import Job
from core.requests import ForecastSeries
from storage.models.runs import RunRecord
from storage.service.data_ages import data_age
from storage.stores import Stores
from tasks.forecasts.train_slots import train_target
from tasks.jobs.candle_frames import frame_of
from tasks.jobs.following import following
from tasks.jobs.held_job import Note, Report
from tasks.jobs.loaded_models import models

if TYPE_CHECKING:
    from ml.features.history import History
    from ml.models.forecast_origin import NextForecast, Origin

# Candles from which the bounds of the baseline are learnt.
_BASELINE_CANDLES = 3_000
_BASELINE = "ewma"
# From the worst to the best.
_VERDICTS = ("no_skill", "unproven", "negligible", "skilled")


def train_horizons(
    stores: Stores, job: Job[ForecastSeries], report: Report, note: Note
) -> HorizonsTrained:
    """Train those horizons of a request of which no training is there."""
    trained = []
    for target in job.request.targets:
        if not stores.registry.runs(target, limit=1):
            train_target(stores, job.id, job.request.training(target), report)
            trained.append(target.horizon)
    return HorizonsTrained(trained)


def forecast_series(
    stores: Stores, job: Job[ForecastSeries], report: Report, note: Note
) -> ForecastsMade:
    """Forecast each horizon of a request; raises `Conflict` where one is not trained."""
    # LightGBM, TA-Lib and pandas come in with this import.
    from ml.data.candle_frames import finished
    from ml.features.history import make_history
    from ml.models.forecast_origin import Origin

    asked, series = job.request, job.request.series
    held = stores.candles.read(series, limit=_BASELINE_CANDLES, newest=True)
    frame = frame_of(stores, series, held)
    made: list[HorizonForecast] = []
    origin, history = None, None
    for target in asked.targets:
        run, model = _speaker(stores, target)
        sessions = run.metadata["sessions"]
        origin = Origin.of(frame, series.resolution, sessions)
        if not origin.ready:
            raise Conflict(
                f"A gap lies too shortly before the newest candle of {series} "
                f"({format_time(origin.opening * 1_000)}): fetch what is missing first."
            )
        if history is None:
            history = make_history(
                finished(frame).reset_index(drop=True), series.resolution, sessions
            )
        with following(stores, series, run, model, origin) as live:
            said = origin.forecast(live)
        made.append(_shown(run, said, origin, history))
    age, worst = data_age(stores, series), min(made, key=lambda one: _rank(one.verdict))
    return ForecastsMade(
        platform=series.platform,
        symbol=series.symbol,
        resolution=series.resolution,
        model=asked.model,
        forecasts=made,
        verdict=worst.verdict,
        skill=worst.skill,
        **msgspec.structs.asdict(age),
        closed=not stores.freshness.is_open(series, now_ms() // 1_000),
        thin=origin is not None and origin.thin,
    )


def _speaker(stores: Stores, target: ForecastTarget) -> tuple[RunRecord, Any]:
    """Return the champion of a target with its model, or its newest training without one."""
    champion = stores.registry.champion(target)
    run = champion or next(iter(stores.registry.runs(target, limit=1)), None)
    if run is None:
        raise Conflict(
            f"{target.model} of {target.horizon} candles ahead is not trained for "
            f'{target.series}; ask with "train": true.'
        )
    return models.champion(stores, run) if run.promoted else (run, models.model(stores, run))


def _shown(
    run: RunRecord, said: "NextForecast", origin: "Origin", history: "History"
) -> HorizonForecast:
    skill = run.scores.get("skill") or {}
    low, high = _baseline_bounds(history, run.target.horizon)
    return HorizonForecast(
        horizon=run.target.horizon,
        time=format_time(said.opening * 1_000),
        predicted=said.predicted,
        interval={"0.8": [said.low_80, said.high_80], "0.95": [said.low_95, said.high_95]},
        prob_up=said.prob_up,
        baseline=ForecastBaseline(origin.last_price, low, high),
        skill=ForecastSkill(skill.get("value"), skill.get("low"), skill.get("high"), run.verdict),
        verdict=run.verdict,
        spoken_by=SpokenBy(run.id, format_time(run.created_at), run.promoted),
    )


def _baseline_bounds(history: "History", horizon: int) -> tuple[float, float] | tuple[None, None]:
    """Return the 80% bounds of last price amid EWMA volatility, None where it cannot be learnt."""
    import numpy as np

    from ml.models.baselines import LEAST_ROWS
    from ml.models.protocol import LEVELS
    from ml.models.registry import make_model

    rows = history.learnable(horizon)
    if len(rows) < LEAST_ROWS:
        return None, None
    model = make_model(_BASELINE, horizon)
    model.fit(history, rows)
    found: Any = model.predict(history, np.array([len(history.times) - 1]))
    quantile = dict(zip(LEVELS, found.quantiles[0].tolist(), strict=True))
    return quantile[0.1], quantile[0.9]


def _rank(verdict: str) -> int:
    return _VERDICTS.index(verdict) if verdict in _VERDICTS else 0
