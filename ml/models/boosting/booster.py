"""What gradient boosting by LightGBM or XGBoost has in common: options, objectives, protocols.

Models are kept as the libraries' own text
(LightGBM's model string, XGBoost's JSON), never pickled. Each fit uses one
thread: fits this small gain nothing from more, and on shared cores the threads
of OpenMP wait for each other (0.4 s alone took 3.1 s in two); run several fits
side by side instead.
"""

from typing import Annotated, Any, Literal, Protocol

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Library = Literal["lightgbm", "xgboost"]
LIBRARIES: tuple[Library, ...] = ("lightgbm", "xgboost")


class Objective(msgspec.Struct, frozen=True):
    """What is learnt: a `mean`, a `quantile` at `level`, or a `probability` (targets 0 and 1)."""

    kind: Literal["mean", "quantile", "probability"]
    level: float = 0.5


class BoostingOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How hard to learn; the defaults suit returns, which are nearly all noise.

    `least_leaf` is the least number of rows that a leaf rests on, `rows` and
    `columns` the shares drawn for each tree. `calibration` is the map of probabilities,
    fitted on held-out rows; isotonic wants thousands of them.
    """

    library: Library = "lightgbm"
    rounds: Annotated[int, Meta(ge=1, le=1_000)] = 100
    learning_rate: Annotated[float, Meta(gt=0, le=1)] = 0.05
    leaves: Annotated[int, Meta(ge=2, le=256)] = 8
    least_leaf: Annotated[int, Meta(ge=1, le=100_000)] = 200
    rows: Annotated[float, Meta(gt=0, le=1)] = 0.7
    columns: Annotated[float, Meta(gt=0, le=1)] = 0.5
    ridge: Annotated[float, Meta(ge=0, le=1e6)] = 10.0
    calibration: Literal["platt", "isotonic"] = "platt"


class Booster(Protocol):
    """A fitted ensemble of trees."""

    def predict(self, inputs: Floats) -> Floats:
        """Return one value a row."""

    def importance(self) -> Floats:
        """Return the share of the total gain that each column of the inputs brought."""

    def to_text(self) -> str:
        """Return the model as the library writes it."""


class Trainer(Protocol):
    """Holds prepared inputs, on which several targets are fitted."""

    def fit(self, objective: Objective, target: Floats) -> Booster:
        """Fit one target, one element a row of the inputs; the same each time."""


def shares(gain: Any) -> Floats:
    """Return gains as shares of their sum; all 0 where no tree was split."""
    values = np.asarray(gain, np.float64)
    return values / values.sum() if values.sum() > 0 else values
