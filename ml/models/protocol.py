"""What every model of a slot can do, whatever is inside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ml.features.history import History

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
MEDIAN = LEVELS.index(0.5)

Files = Mapping[str, bytes]


@dataclass(frozen=True, eq=False, slots=True)
class Distribution:
    """Forecasts of the close `horizon` candles after each row.

    Prices: `last` (n,) and `quantiles` (n, len(LEVELS)), ascending, the median
    being the point forecast. `prob_up` (n,) is the chance of a close above last.
    """

    last: Floats
    quantiles: Floats
    prob_up: Floats

    @property
    def point(self) -> Floats:
        """Return the median."""
        return self.quantiles[:, MEDIAN]

    def take(self, index: Rows) -> "Distribution":
        """Return the forecasts at `index`."""
        return Distribution(self.last[index], self.quantiles[index], self.prob_up[index])


class Model(Protocol):
    """One forecaster of one horizon.

    `fit` learns from `rows` of a history, whose labels must all lie in it, and
    calibrates itself within them; `predict` reads nothing after each row.
    Every random choice follows `seed`. Files are plain text or JSON.
    """

    horizon: int

    @property
    def name(self) -> str:
        """Return the name in the registry."""

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from `rows`, ascending; raises `InvalidRequest` where they are too few."""

    def predict(self, history: History, rows: Rows) -> Distribution:
        """Forecast from `rows`, ascending and ready (`History.ready`).

        Intervals follow the outcomes since training that the history holds: hand
        in all candles since then, or the newest `CANDLES_WANTED`.
        """

    def describe(self) -> dict[str, Any]:
        """Return what was learnt, fit for JSON: options, shares believed, importance."""

    def to_files(self) -> dict[str, bytes]:
        """Return the fitted model as files by name."""

    @classmethod
    def from_files(cls, files: Files) -> Self:
        """Return the model that `to_files` wrote."""


# How many newest candles a forecast wants: the windows, the memory of TA-Lib's averages, and
# three hundred outcomes that the intervals follow.
CANDLES_WANTED = 1_000
