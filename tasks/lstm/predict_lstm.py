"""Forecasts: a stored model, the newest candles, and ONNX Runtime."""

from typing import TYPE_CHECKING

import msgspec

from core.answers.lstm import Prediction, Predictions
from core.clock.times import format_time
from core.errors import Conflict
from core.jobs import Job, Json
from core.requests import PredictLstm
from core.series import Series
from storage.candles.forecasts import ForecastPoint
from storage.models.runs import RunRecord
from storage.service.data_ages import data_age
from storage.stores import Stores
from tasks.jobs.held_job import Note, Report
from tasks.jobs.loaded_models import models

if TYPE_CHECKING:
    from ml.models.lstm.serving import LstmForecast, Step

# The interval that is also written to Redis as a forecast's low and high.
STORED_INTERVAL = "0.8"


def predict_lstm(stores: Stores, job: Job[PredictLstm], report: Report, note: Note) -> Prediction:
    """Predict the candle after the newest one; on an n-step model, its first step."""
    record, series, forecast = _forecast(stores, job.request)
    shown = {**_step(forecast.predictions[0]), **_context(stores, record, series, forecast)}
    return msgspec.convert(shown, Prediction)


def predict_lstm_nsteps(
    stores: Stores, job: Job[PredictLstm], report: Report, note: Note
) -> Predictions:
    """Predict every step that the model was trained for."""
    record, series, forecast = _forecast(stores, job.request)
    steps = [_step(step) for step in forecast.predictions]
    shown = {"predictions": steps, **_context(stores, record, series, forecast)}
    return msgspec.convert(shown, Predictions)


def _forecast(stores: Stores, asked: PredictLstm) -> tuple[RunRecord, Series, "LstmForecast"]:
    """Predict from the newest candles and write the forecast to its time series."""
    # ONNX Runtime and pandas come in with this import.
    from ml.models.lstm.serving import LstmServer

    record = stores.named_runs.get(asked.model_name, asked.model_id)
    model = LstmServer(models.model(stores, record), record.metadata)
    _check_nsteps(asked.nsteps, record)
    series = asked.series
    candles = stores.candles.read(series, limit=model.rows_needed, newest=True)
    forecast = model.predict(candles.to_frame(), series.resolution)
    stores.forecasts.write(
        series, asked.model_name, [_point(step) for step in forecast.predictions]
    )
    return record, series, forecast


def _check_nsteps(asked: int | None, record: RunRecord) -> None:
    trained = record.metadata["nsteps"]
    if asked is not None and asked != trained:
        raise Conflict(f"nsteps: this model was trained for {trained} steps, not {asked}.")


def _step(step: "Step") -> Json:
    return {
        "predicted": step.predicted,
        "time": format_time(step.time_s * 1_000),
        "horizon": step.horizon,
        "interval": step.interval,
    }


def _point(step: "Step") -> ForecastPoint:
    low, high = step.interval[STORED_INTERVAL]
    return ForecastPoint(step.time_s, step.horizon, step.predicted, low, high)


def _context(stores: Stores, record: RunRecord, series: Series, forecast: "LstmForecast") -> Json:
    trained_at = record.metadata.get("trained_at") or format_time(record.created_at)
    return {
        "platform": series.platform,
        "symbol": series.symbol,
        "resolution": series.resolution,
        "baseline": forecast.baseline,
        "skill": forecast.skill,
        "model": {
            "name": record.name,
            "id": record.name_id,
            "trained_at": trained_at,
            "data_hash": record.data_hash,
        },
        "input": forecast.input,
        **msgspec.structs.asdict(data_age(stores, series)),
    }
