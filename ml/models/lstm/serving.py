"""Every step of an LSTM's forecast as routes show it, with what was known of its skill."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.clock.sessions import Sessions
from core.clock.times import format_time
from core.errors import Conflict, InvalidRequest
from ml.data.candle_frames import finished, is_partial
from ml.data.volatility import MEMORY
from ml.features.history import History
from ml.features.model_inputs import LONGEST_WARM_UP
from ml.models.lstm.model import LstmModel
from ml.models.naive_forecasts import drift
from ml.scoring.conformal import interval_pairs
from ml.scoring.scorecard import BASELINE

Floats = NDArray[np.float64]

# Outcomes of each step that the intervals of a forecast follow, where so many are held.
FOLLOWED = 128


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
    candles that the network saw, whether an unfinished candle (`partial`) was left
    out, and whether the newest seem cut short (`thin`).
    """

    predictions: list[Step]
    baseline: dict[str, float]
    skill: dict[str, Any]
    input: dict[str, Any]


class LstmServer:
    """A model that forecasts every step; threads may share it.

    `scored` is what its training found: `scores` and `verdict`, and the same
    `by_horizon`.
    """

    def __init__(self, model: LstmModel, scored: Mapping[str, Any]) -> None:
        self._model = model
        self._sessions = Sessions.from_dict(model.learnt.sessions)
        self._skill = _skill(scored)
        self._skills = {part["horizon"]: _skill(part) for part in scored["by_horizon"]}

    @property
    def rows_needed(self) -> int:
        """Return how many of the newest candles to hand over; one may be unfinished.

        Fewer will do, down to `finished_needed`: longer volatilities and the outcomes that
        intervals follow are then those that are held.
        """
        return max(finished_needed(self._model), _finished_wanted(self._model)) + 1

    def predict(self, frame_tail: pd.DataFrame, resolution: int) -> LstmForecast:
        """Forecast from the newest candles, ascending; see `rows_needed`.

        Gaps and age widen nothing: they are told in `input`. Raises `Conflict`
        for a resolution that it was not trained for, and `InvalidRequest`
        where candles are too few.
        """
        candles = finished(frame_tail)
        self._check(len(candles), resolution)
        history, forecast = self._model.newest(History(candles, self._sessions))
        steps = self._steps(history, forecast.quantiles[0])
        made_from = self._input(history, unfinished=bool(is_partial(frame_tail).any()))
        return LstmForecast(steps, steps[0].baseline, self._skill, made_from)

    def _check(self, held: int, resolution: int) -> None:
        if resolution != self._sessions.resolution:
            raise Conflict(
                f"resolution: this model was trained on candles of {self._sessions.resolution} "
                f"seconds, not {resolution}."
            )
        needed = finished_needed(self._model)
        if held < needed:
            raise InvalidRequest(
                f"a forecast of this model needs {needed} finished candles; {held} are held."
            )

    def _steps(self, history: History, quantiles: Floats) -> list[Step]:
        last = history.path.close[-1:]
        horizons = np.arange(1, self._model.horizon + 1)
        drifts = drift(last, self._model.learnt.mean_return, horizons)[0]
        openings = history.target_times(len(history.times) - 1, self._model.horizon)
        pairs = interval_pairs(self._model.options.quantiles)
        return [
            Step(
                time_s=int(openings[horizon - 1]),
                horizon=int(horizon),
                predicted=float(prices[len(prices) // 2]),
                interval={
                    name: [float(prices[low]), float(prices[high])]
                    for name, (low, high) in pairs.items()
                },
                baseline={"last_price": float(last[0]), "drift": float(drifts[horizon - 1])},
                skill=self._skills.get(int(horizon), self._skill),
            )
            for horizon, prices in zip(horizons, quantiles, strict=True)
        ]

    def _input(self, history: History, unfinished: bool) -> dict[str, Any]:
        times = history.times
        gaps = self._sessions.gaps(times[-self._model.options.seq_len - 1 :])
        return {
            "last_time": format_time(int(times[-1]) * 1_000),
            "gaps": [[format_time(start * 1_000), format_time(end * 1_000)] for start, end in gaps],
            "partial": unfinished,
            "thin": bool(history.thin[-1]),
        }


def finished_needed(model: LstmModel) -> int:
    """Return how many finished candles a forecast reads: a window, and volatility's memory."""
    return model.options.seq_len + MEMORY + 1


def _finished_wanted(model: LstmModel) -> int:
    """Return how many are read where they are held, for all that a forecast goes by."""
    if model.learnt.step_widths is None:
        return 0
    return LONGEST_WARM_UP + FOLLOWED + model.horizon


def _skill(scored: Mapping[str, Any]) -> dict[str, Any]:
    return {**scored["scores"]["skill"], "verdict": scored["verdict"], "baseline": BASELINE}
