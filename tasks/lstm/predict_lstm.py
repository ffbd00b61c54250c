"""Forecasts: a stored model, the newest candles, and ONNX Runtime."""

from typing import TYPE_CHECKING, Any

from core.errors import Conflict
from core.jobs import Job
from core.series import Series, make_series
from core.times import format_time
from storage.candles.forecasts import ForecastPoint
from storage.models.runs import RunRecord
from storage.stores import Stores
from tasks.jobs.held_job import Note, Report
from tasks.jobs.loaded_models import models

if TYPE_CHECKING:
    from ml.models.lstm.serving import LstmForecast, Step

# The interval that is also written to Redis as a forecast's low and high.
STORED_INTERVAL = "0.8"


def predict_lstm(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Predict the candle after the newest one; on an n-step model, its first step."""
    record, series, forecast = _forecast(stores, job.request)
    return {**_step(forecast.predictions[0]), **_context(record, series, forecast)}


def predict_lstm_nsteps(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Predict every step that the model was trained for."""
    record, series, forecast = _forecast(stores, job.request)
    steps = [_step(step) for step in forecast.predictions]
    return {"predictions": steps, **_context(record, series, forecast)}


def _forecast(stores: Stores, request: dict[str, Any]) -> tuple[RunRecord, Series, "LstmForecast"]:
    """Predict from the newest candles and write the forecast to its time series."""
    # ONNX Runtime and pandas come in with this import.
    from ml.models.lstm.serving import LstmServer

    record = stores.named_runs.get(request["model_name"], request["model_id"])
    model = LstmServer(models.model(stores, record), record.metadata)
    _check_nsteps(request.get("nsteps"), record)
    series = _series(request, record.series)
    candles = stores.candles.read(series, limit=model.rows_needed, newest=True)
    forecast = model.predict(candles.to_frame(), series.resolution)
    stores.forecasts.write(
        series, request["model_name"], [_point(step) for step in forecast.predictions]
    )
    return record, series, forecast


def _check_nsteps(asked: int | None, record: RunRecord) -> None:
    trained = record.metadata["nsteps"]
    if asked is not None and asked != trained:
        raise Conflict(f"nsteps: this model was trained for {trained} steps, not {asked}.")


def _series(request: dict[str, Any], own: Series) -> Series:
    """Return the model's own series, save for what the request names otherwise."""
    return make_series(
        request.get("platform") or own.platform,
        request.get("symbol") or own.symbol,
        request.get("resolution") or own.resolution,
    )


def _step(step: "Step") -> dict[str, Any]:
    return {
        "predicted": step.predicted,
        "time": format_time(step.time_s * 1_000),
        "horizon": step.horizon,
        "interval": step.interval,
    }


def _point(step: "Step") -> ForecastPoint:
    low, high = step.interval[STORED_INTERVAL]
    return ForecastPoint(step.time_s, step.horizon, step.predicted, low, high)


def _context(record: RunRecord, series: Series, forecast: "LstmForecast") -> dict[str, Any]:
    trained_at, data_hash = record.metadata.get("trained_at"), record.metadata.get("data_hash")
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
            "data_hash": data_hash,
        },
        "input": forecast.input,
    }
