"""`Tickcast`: the whole of a server in one object."""

from typing import Any, Literal, TypeAlias, TypeVar
from urllib.parse import quote

import msgspec

from client.calls.agent import AgentCalls
from client.calls.live import LiveCalls
from client.calls.next_candle import NextCandleCalls
from client.calls.slots import SlotCalls
from client.calls.tasks import decoded
from client.calls.trading import TradingCalls
from client.forecasts import Forecast, PathForecast
from client.frames import Time, time_range
from client.tasks import Task

ForecastType = TypeVar("ForecastType", Forecast, PathForecast)


Normalization: TypeAlias = Literal["returns", "zscore", "minmax"]


class Tickcast(SlotCalls, TradingCalls, NextCandleCalls, LiveCalls, AgentCalls):
    """A client of one Tickcast server.

        t = Tickcast()
        t.ingest_candles(frame, platform="file", symbol="EURUSD", resolution="1h")
        t.train("fx", "1", platform="file", symbol="EURUSD", resolution="1h", nsteps=24)
        t.predict_nsteps("fx", "1").frame

    All times are UTC, and all frames have a UTC DatetimeIndex. Errors are those
    of `client.errors`.
    """

    def train(
        self,
        model_name: str,
        model_id: str,
        *,
        symbol: str,
        resolution: str | int,
        platform: str | None = None,
        fetch: tuple[Time, Time | None] | None = None,
        wait: bool = True,
        timeout_s: float | None = None,
        seq_len: int = 60,
        nsteps: int | None = None,
        epochs: int | None = None,
        units: int | None = None,
        quantiles: list[float] | None = None,
        normalization: Normalization | None = None,
        seed: int | None = None,
        folds: int | None = None,
        overwrite: bool | None = None,
        predict: bool | None = None,
    ) -> Task:
        """Train an LSTM on the candles held, score it walk-forward against last price, save it.

        seq_len: candles that one forecast looks back on. nsteps: candles ahead, fixed at
        training. epochs, units: at most 200 and 256. quantiles: outputs below and above the
        median. folds: of the walk-forward. seed: the same seed and data give the same model.
        overwrite: replace a model of this name and id. predict: forecast at the end. The server
        has a default for each that is None.

        `fetch` (start, end or None for now) first fetches those candles from the
        platform, under the same task. The task's result has `scores`, `baseline_scores`, `verdict`
        and `by_horizon`; see `client.forecasts.horizon_frame`. Raises `Conflict` if
        name and id exist and `overwrite` is not set, `InvalidRequest` if too few
        candles are held.
        """
        named = _named(model_name, model_id, platform, symbol, resolution)
        options = {"seq_len": seq_len, "nsteps": nsteps, "epochs": epochs, "units": units,
                   "quantiles": quantiles, "normalization": normalization, "seed": seed,
                   "folds": folds, "overwrite": overwrite, "predict": predict}  # fmt: skip
        body = named | {name: value for name, value in options.items() if value is not None}
        if fetch is not None:
            body["fetch"] = time_range(*fetch)
        answer = self._transport.send("POST", "/lstm/train", json=body)
        return self._started(answer, wait, timeout_s)

    def predict(
        self,
        model_name: str,
        model_id: str,
        *,
        platform: str | None = None,
        symbol: str | None = None,
        resolution: str | int | None = None,
    ) -> Forecast:
        """Forecast the close of the next candle, from the series that the model was trained on.

        Another series may be named instead. Raises `NotFound` for an unknown model.
        """
        body = _named(model_name, model_id, platform, symbol, resolution)
        return self._forecast("/lstm/predict", body, Forecast)

    def predict_nsteps(
        self,
        model_name: str,
        model_id: str,
        *,
        nsteps: int | None = None,
        platform: str | None = None,
        symbol: str | None = None,
        resolution: str | int | None = None,
    ) -> PathForecast:
        """Forecast the closes of the next n candles; see `predict`.

        n was fixed at training: another `nsteps` raises `Conflict`, which names it.
        """
        body = _named(model_name, model_id, platform, symbol, resolution)
        body |= {} if nsteps is None else {"nsteps": nsteps}
        return self._forecast("/lstm/predictnsteps", body, PathForecast)

    def models(self) -> list[dict[str, Any]]:
        """Return the trained models, with what is recorded of each."""
        answer = self._transport.send("GET", "/lstm/models")
        found: list[dict[str, Any]] = msgspec.json.decode(answer.content)["models"]
        return found

    def model(self, model_name: str, model_id: str) -> dict[str, Any]:
        """Return the record of one model: network, normalization, scores, digests."""
        answer = self._transport.send("GET", _model_path(model_name, model_id))
        return decoded(answer)

    def delete_model(self, model_name: str, model_id: str) -> None:
        """Delete a model and its files; raises `NotFound`."""
        self._transport.send("DELETE", _model_path(model_name, model_id))

    def _forecast(self, path: str, body: dict[str, Any], kind: type[ForecastType]) -> ForecastType:
        answer = self._transport.send("POST", path, json=body)
        if answer.status_code == 202:  # the workers are busy; the server stopped waiting
            return msgspec.convert(self._started(answer, True, None).result, kind)
        return msgspec.json.decode(answer.content, type=kind)


def _named(
    name: str, version: str, platform: str | None, symbol: str | None, resolution: str | int | None
) -> dict[str, Any]:
    """Return the fields that name a model and a series, without those that are None."""
    length = None if resolution is None else str(resolution)
    fields = {"model_name": name, "model_id": version, "platform": platform,
              "symbol": symbol, "resolution": length}  # fmt: skip
    return {field: value for field, value in fields.items() if value is not None}


def _model_path(model_name: str, model_id: str) -> str:
    return f"/lstm/models/{quote(model_name, safe='')}/{quote(model_id, safe='')}"
