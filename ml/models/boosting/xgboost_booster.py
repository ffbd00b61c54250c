"""Boosting by XGBoost."""

from typing import Any, Self

import numpy as np
import xgboost
from numpy.typing import NDArray

from ml.models.boosting.booster import BoostingOptions, Objective, shares

Floats = NDArray[np.float64]

OBJECTIVES = {
    "mean": "reg:squarederror",
    "quantile": "reg:quantileerror",
    "probability": "binary:logistic",
}


class XgboostBooster:
    """A fitted XGBoost model."""

    def __init__(self, booster: xgboost.Booster) -> None:
        self._booster = booster
        self._booster.set_param({"nthread": 1})

    def predict(self, inputs: Floats) -> Floats:
        """Return one value a row."""
        return np.asarray(self._booster.inplace_predict(inputs), np.float64)

    def importance(self) -> Floats:
        """Return the share of the total gain that each column of the inputs brought."""
        gain = self._booster.get_score(importance_type="total_gain")
        columns = self._booster.num_features()
        return shares([gain.get(f"f{column}", 0.0) for column in range(columns)])

    def to_text(self) -> str:
        """Return XGBoost's JSON."""
        return bytes(self._booster.save_raw("json")).decode()

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read XGBoost's JSON."""
        booster = xgboost.Booster()
        booster.load_model(bytearray(text, "utf-8"))
        return cls(booster)


class XgboostTrainer:
    """Inputs in bins, for several targets."""

    def __init__(self, inputs: Floats, options: BoostingOptions, seed: int) -> None:
        self._options = options
        self._seed = seed
        self._data = xgboost.QuantileDMatrix(inputs, nthread=1)

    def fit(self, objective: Objective, target: Floats) -> XgboostBooster:
        """Fit one target, one element a row of the inputs; the same each time."""
        self._data.set_label(target)
        parameters = _parameters(self._options, self._seed, objective)
        return XgboostBooster(xgboost.train(parameters, self._data, self._options.rounds))


def _parameters(options: BoostingOptions, seed: int, objective: Objective) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "objective": OBJECTIVES[objective.kind],
        "tree_method": "hist",
        "grow_policy": "lossguide",
        "max_leaves": options.leaves,
        "max_depth": 0,
        "learning_rate": options.learning_rate,
        # Leaves count second derivatives, which are at most 1/4 a row for probabilities.
        "min_child_weight": options.least_leaf * (0.25 if objective.kind == "probability" else 1.0),
        "subsample": options.rows,
        "colsample_bytree": options.columns,
        "reg_lambda": options.ridge,
        "seed": seed,
        "nthread": 1,
        "verbosity": 0,
    }
    if objective.kind == "quantile":
        parameters["quantile_alpha"] = objective.level
    return parameters
