"""Boosting by LightGBM."""

from typing import Any, Self

import lightgbm
import numpy as np
from numpy.typing import NDArray

from ml.models.boosting.booster import BoostingOptions, Objective, shares

Floats = NDArray[np.float64]

OBJECTIVES = {
    "mean": "regression",
    "quantile": "quantile",
    "probability": "binary",
}
# Silent, the same bits each time, and no look at the objective while binning.
FIXED = {
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "feature_pre_filter": False,
}


class LightgbmBooster:
    """A fitted LightGBM model."""

    def __init__(self, booster: Any) -> None:
        self._booster = booster

    def predict(self, inputs: Floats) -> Floats:
        """Return one value a row."""
        return np.asarray(self._booster.predict(inputs, num_threads=1), np.float64)

    def importance(self) -> Floats:
        """Return the share of the total gain that each column of the inputs brought."""
        return shares(self._booster.feature_importance("gain"))

    def to_text(self) -> str:
        """Return LightGBM's model string."""
        return str(self._booster.model_to_string())

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read LightGBM's model string."""
        return cls(lightgbm.Booster(model_str=text))


class LightgbmTrainer:
    """Inputs in bins, for several targets."""

    def __init__(self, inputs: Floats, options: BoostingOptions, seed: int) -> None:
        self._parameters = _parameters(options, seed)
        self._data = lightgbm.Dataset(inputs, params=dict(FIXED), free_raw_data=False)

    def fit(self, objective: Objective, target: Floats) -> LightgbmBooster:
        """Fit one target, one element a row of the inputs; the same each time."""
        parameters = self._parameters | {"objective": OBJECTIVES[objective.kind]}
        if objective.kind == "quantile":
            parameters["alpha"] = objective.level
        self._data.set_label(target)
        booster = lightgbm.train(parameters, self._data, keep_training_booster=False)
        return LightgbmBooster(booster)


def _parameters(options: BoostingOptions, seed: int) -> dict[str, Any]:
    return FIXED | {
        "num_iterations": options.rounds,
        "learning_rate": options.learning_rate,
        "num_leaves": options.leaves,
        "min_data_in_leaf": options.least_leaf,
        "bagging_fraction": options.rows,
        "bagging_freq": 1,
        "feature_fraction": options.columns,
        "lambda_l2": options.ridge,
        "seed": seed,
    }
