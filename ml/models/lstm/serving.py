"""Forecast with a saved model through ONNX Runtime; Keras is not needed here."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import Conflict, InvalidRequest
from core.times import format_time
from ml.data.candle_frames import finished, is_partial
from ml.data.sessions import Sessions
from ml.models.baselines import drift
from ml.models.lstm.adjustment import Adjustment
from ml.models.lstm.session import open_session, run_session
from ml.models.lstm.windows import LevelScaler, PreparedCandles, prepare_candles
from ml.scoring.conformal import interval_pairs

Floats = NDArray[np.float64]


class Step(msgspec.Struct, frozen=True):
    """The forecast of one close.

    `time_s` is the opening of its candle, `interval` maps a coverage to its
    bounds, `baseline` holds what needs no learning and `skill` what the
    walk-forward says of this horizon.
    """

    time_s: int
    horizon: int
    predicted: float
    interval: dict[str, list[float]]
    baseline: dict[str, float]
    skill: dict[str, Any]


class LstmForecast(msgspec.Struct, frozen=True):
    """All steps; `baseline` is the first step's, `skill` that over all horizons.

    `input` says what the forecast was made from: `last_time`, `gaps` among the
    candles that the network saw, and whether an unfinished candle (`partial`)
    was left out.
    """

    predictions: list[Step]
    baseline: dict[str, float]
    skill: dict[str, Any]
    input: dict[str, Any]


def rows_needed(metadata: Mapping[str, Any]) -> int:
    """Return how many of the newest candles to hand over; one may be unfinished."""
    return int(metadata["rows_needed"]) + 1


class LstmServer:
    """A loaded model; forecasting changes nothing in it, so that threads may share it."""

    def __init__(self, onnx: bytes, metadata: Mapping[str, Any]) -> None:
        self._session = open_session(onnx)
        self._seq_len: int = metadata["seq_len"]
        self._rows_needed: int = metadata["rows_needed"]
        self._horizons = np.arange(1, metadata["nsteps"] + 1)
        self._levels: list[float] = metadata["quantiles"]
        self._drift: float = metadata["drift"]
        self._sessions = Sessions.from_dict(metadata["sessions"])
        self._adjustment = Adjustment(metadata["shrink"], metadata["conformal"])
        self._scaler = msgspec.convert(metadata["normalization"]["scaler"], LevelScaler | None)
        self._skill = _skill(metadata)
        self._skills = {part["horizon"]: _skill(part) for part in metadata["by_horizon"]}

    def predict(self, frame_tail: pd.DataFrame, resolution: int) -> LstmForecast:
        """Forecast from the newest candles, ascending; see `rows_needed`.

        Gaps and age widen nothing: they are told in `input`. Raises `Conflict`
        for a resolution that it was not trained for, and `InvalidRequest`
        where candles are too few.
        """
        candles = finished(frame_tail)
        self._check(len(candles), resolution)
        prepared = prepare_candles(candles, self._sessions)
        steps = self._steps(prepared, *self._prices(prepared))
        made_from = self._input(prepared, unfinished=bool(is_partial(frame_tail).any()))
        return LstmForecast(steps, steps[0].baseline, self._skill, made_from)

    def _check(self, held: int, resolution: int) -> None:
        if resolution != self._sessions.resolution:
            raise Conflict(
                f"resolution: this model was trained on candles of {self._sessions.resolution} "
                f"seconds, not {resolution}."
            )
        if held < self._rows_needed:
            raise InvalidRequest(
                f"a forecast of this model needs {self._rows_needed} finished candles; "
                f"{held} are held."
            )

    def _prices(self, prepared: PreparedCandles) -> tuple[Floats, Floats]:
        """Return the quantiles of the coming closes, (H, Q), and the drift's, (H,)."""
        newest = np.array([len(prepared.close) - 1])
        window = prepared.inputs(newest, self._seq_len, self._scaler)
        raw = np.sort(run_session(self._session, window).astype(np.float64), axis=-1)
        moves = self._adjustment.apply(raw)[0]
        unit = prepared.unit(newest, self._horizons)[0]
        last = prepared.close[newest]
        return last * np.exp(unit[:, None] * moves), drift(last, self._drift, self._horizons)[0]

    def _steps(self, prepared: PreparedCandles, quantiles: Floats, drifts: Floats) -> list[Step]:
        last_time, last = int(prepared.time[-1]), float(prepared.close[-1])
        openings = self._sessions.next_openings(last_time, len(self._horizons))
        pairs = interval_pairs(self._levels)
        return [
            Step(
                time_s=int(opening),
                horizon=horizon,
                predicted=float(prices[len(prices) // 2]),
                interval={
                    name: [float(prices[low]), float(prices[high])]
                    for name, (low, high) in pairs.items()
                },
                baseline={"last_price": last, "drift": float(drifts[horizon - 1])},
                skill=self._skills.get(horizon, self._skill),
            )
            for horizon, (opening, prices) in enumerate(
                zip(openings, quantiles, strict=True), start=1
            )
        ]

    def _input(self, prepared: PreparedCandles, unfinished: bool) -> dict[str, Any]:
        gaps = self._sessions.gaps(prepared.time[-self._seq_len - 1 :])
        return {
            "last_time": format_time(int(prepared.time[-1]) * 1_000),
            "gaps": [[format_time(start * 1_000), format_time(end * 1_000)] for start, end in gaps],
            "partial": unfinished,
        }


def _skill(scored: Mapping[str, Any]) -> dict[str, Any]:
    return {**scored["scores"]["skill"], "verdict": scored["verdict"]}
