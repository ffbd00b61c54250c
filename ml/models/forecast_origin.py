"""The next forecast of a fitted model: what the ledger holds of it, from candles to numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from core.clock.openings import end_of
from ml.data.candle_frames import data_hash, finished
from ml.features.history import History, make_history
from ml.features.model_inputs import OWN_INPUTS, model_inputs
from ml.models.following import FollowingModel
from ml.models.protocol import CANDLES_WANTED, LEVELS, Distribution, Model


class NextForecast(msgspec.Struct, frozen=True):
    """A forecast of the close of the candle that opens at `opening` (s)."""

    opening: int
    predicted: float
    low_80: float
    high_80: float
    low_95: float
    high_95: float
    prob_up: float


@dataclass(frozen=True, eq=False)
class Origin:
    """The newest candles of a series, from the last of which forecasts are made."""

    history: History

    @classmethod
    def of(cls, frame: pd.DataFrame, resolution: int, sessions: Mapping[str, Any]) -> "Origin":
        """Prepare the newest `CANDLES_WANTED` finished candles of `frame`.

        `sessions` are those that the model was trained with.
        """
        newest = finished(frame).tail(CANDLES_WANTED).reset_index(drop=True)
        return cls(make_history(newest, resolution, sessions))

    @property
    def input_end(self) -> int:
        """Return when the last candle closed (s)."""
        return self.closes_at(self.opening)

    def closes_at(self, opening: int) -> int:
        """Return when the candle closes that opens then (s): a day may be of 23 or 25 hours."""
        return end_of(opening, self.history.resolution, self.history.sessions.grid)

    @property
    def opening(self) -> int:
        """Return when the last candle opened (s)."""
        return int(self.history.times[-1])

    @property
    def last_price(self) -> float:
        """Return the last candle's close."""
        return float(self.history.path.close[-1])

    @cached_property
    def data_hash(self) -> str:
        """Return the fingerprint of the candles."""
        return data_hash(self.history.frame)

    @property
    def ready(self) -> bool:
        """Say whether enough candles precede without a gap."""
        rows = self.history.ready()
        return bool(len(rows)) and int(rows[-1]) == len(self.history.times) - 1

    @property
    def thin(self) -> bool:
        """Say whether the last candles seem cut short: what is made from them is no better."""
        return bool(self.history.thin[-1])

    @property
    def missing_inputs(self) -> list[str]:
        """Return the inputs of models that the last candle has not: its volume is unknown, say."""
        row = np.array([len(self.history.times) - 1])
        values = model_inputs(self.history.features, self.history.path.close, row)[0]
        return [
            name for name, value in zip(OWN_INPUTS, values, strict=True) if not np.isfinite(value)
        ]

    def openings(self, count: int) -> list[int]:
        """Return the openings (s) of the next candles, closures skipped."""
        ahead = self.history.target_times(len(self.history.times) - 1, count)
        return [int(opening) for opening in ahead]

    def forecast(self, model: Model | FollowingModel) -> NextForecast:
        """Forecast from the last candle, which must be `ready`."""
        row = np.array([len(self.history.times) - 1])
        forecast: Distribution = model.predict(self.history, row)
        quantile = dict(zip(LEVELS, forecast.quantiles[0].tolist(), strict=True))
        return NextForecast(
            opening=self.openings(model.horizon)[-1],
            predicted=quantile[0.5],
            low_80=quantile[0.1],
            high_80=quantile[0.9],
            low_95=quantile[0.025],
            high_95=quantile[0.975],
            prob_up=float(forecast.prob_up[0]),
        )
