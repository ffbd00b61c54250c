"""A fitted model at work, forecast after forecast: its intervals go on from where they stood."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.features.history import History
from ml.features.model_inputs import LONGEST_WARM_UP
from ml.models.protocol import Followed, Model

Rows = NDArray[np.intp]


class FollowingModel:
    """Forecasts as one walk through all candles since training would, from the newest alone."""

    def __init__(self, model: Model, followed: Followed | None = None) -> None:
        self.model = model
        self.followed = followed
        self.horizon = model.horizon

    def predict(self, history: History, rows: Rows) -> Any:
        """Forecast from `rows`, ascending and ready; `history` goes on where the last ended."""
        forecast, followed = self.model.predict_from(history, rows, self.followed)
        self.followed = followed or self.followed
        return forecast

    def lacks(self, history: History, trained_until: int) -> int | None:
        """Return the opening (s) since which outcomes must count that `history` cannot show.

        None where it holds the candles of all of them, with those that warm up its features.
        """
        since = trained_until
        if self.followed is not None:
            since = max(since, self.followed.until)
        first = int(np.searchsorted(history.times, since, side="right"))
        return since if self.model.follows and first < LONGEST_WARM_UP else None
