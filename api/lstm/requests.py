"""What is checked of a training or a forecast before anything is queued."""

from typing import Any

from api.candles.requested_series import fetchable_series, no_candles, stored_series
from api.http.ranges import Range, check_size, past_range
from api.http.schemas import given
from api.lstm.schemas import PredictRequest, PredictStepsRequest, TrainRequest
from core.errors import Conflict, InvalidRequest
from core.lstm_limits import DEFAULT_FOLDS, candles_needed, check_quantiles
from core.names import check_name
from core.requests import PredictLstm, Span, TrainLstm
from core.series import Series
from storage.candles.candle_store import CandleStore
from storage.candles.newest_finished import newest_is_unfinished
from storage.models.named_runs import NamedRuns
from storage.models.runs import RunRecord

_OPTIONS = ("seq_len", "nsteps", "epochs", "units", "quantiles", "normalization", "seed", "folds")


class LstmRequests:
    """Turns bodies into the requests that `tasks.enqueue` takes; its methods block."""

    def __init__(self, models: NamedRuns, candles: CandleStore, default_platform: str) -> None:
        self._models = models
        self._candles = candles
        self._default_platform = default_platform

    def train(self, body: TrainRequest) -> TrainLstm:
        """Check a training.

        Raises `Conflict` if the model exists and may not be overwritten, and
        `InvalidRequest` saying how many candles are needed and held.
        """
        name, model_id = check_model(body)
        if body.quantiles is not None:
            check_quantiles(body.quantiles)
        platform = body.platform or self._default_platform
        find = fetchable_series if body.fetch else stored_series
        series = find(platform, body.symbol, body.resolution)
        wanted = past_range(body.fetch.start, body.fetch.end, "fetch.") if body.fetch else None
        self._check_candles(series, body, wanted)
        if not body.overwrite and self._models.exists(name, model_id):
            raise Conflict("model_name and model_id exist; choose another id or send overwrite.")
        options = {option: value for option, value in given(body).items() if option in _OPTIONS}
        return TrainLstm(
            **_named(name, model_id, series),
            **options,
            overwrite=body.overwrite,
            predict=body.predict,
            fetch=wanted and Span(*wanted),
        )

    def predict(self, body: PredictRequest) -> PredictLstm:
        """Check a forecast.

        Raises `NotFound` for a model or series that is not there, `Conflict` if
        the model was trained for other steps or another resolution, and
        `InvalidRequest` if too few candles are held.
        """
        record = self._models.get(*check_model(body))
        own = record.series
        series = stored_series(
            body.platform or own.platform,
            body.symbol or own.symbol,
            own.resolution if body.resolution is None else body.resolution,
        )
        _check_trained_for(record, series, getattr(body, "nsteps", None))
        needed = int(record.metadata.get("rows_needed", 1))
        held = len(self._candles.read(series, limit=needed, newest=True))
        if not held:
            raise no_candles(series, self._candles)
        if held < needed:
            raise InvalidRequest(
                f"A forecast of this model needs {needed} candles, and {held} are held of {series}."
            )
        return PredictLstm(
            **_named(body.model_name, str(body.model_id), series),
            nsteps=record.metadata["nsteps"] if isinstance(body, PredictStepsRequest) else None,
        )

    def _check_candles(self, series: Series, body: TrainRequest, fetched: Range | None) -> None:
        needed = candles_needed(body.seq_len, body.nsteps, body.folds or DEFAULT_FOLDS)
        held = self._finished(series)
        # How many of those to be fetched are new is not known yet; more there cannot be.
        coming = check_size(fetched, series.resolution, "fetch.") if fetched else 0
        if held + coming < needed:
            more = f", and fetching can bring at most {coming} more" if fetched else ""
            raise InvalidRequest(
                f"This training needs at least {needed} finished candles; "
                f"{held} are held of {series}{more}."
            )

    def _finished(self, series: Series) -> int:
        return self._candles.count(series) - newest_is_unfinished(self._candles, series)


def check_model(body: TrainRequest | PredictRequest) -> tuple[str, str]:
    """Return the name and the id of a model, fit for a path; raises `InvalidRequest`."""
    name = check_name(body.model_name, "model_name")
    return name, check_name(str(body.model_id), "model_id")


def _named(name: str, model_id: str, series: Series) -> dict[str, Any]:
    return {
        "model_name": name,
        "model_id": model_id,
        "platform": series.platform,
        "symbol": series.symbol,
        "resolution": series.resolution,
    }


def _check_trained_for(record: RunRecord, series: Series, nsteps: int | None) -> None:
    trained = record.metadata["nsteps"]
    if nsteps is not None and nsteps != trained:
        raise Conflict(f"nsteps: this model was trained for {trained}, not {nsteps}.")
    if series.resolution != record.series.resolution:
        raise Conflict(
            f"resolution: this model was trained on candles of {record.series.resolution} s, "
            f"not of {series.resolution} s."
        )
