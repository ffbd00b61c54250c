"""Linear regression with a penalty, on inputs brought to one scale."""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Ridge(msgspec.Struct, frozen=True):
    """A fitted regression; inputs that never varied have weight 0."""

    centre: list[float]
    weights: list[float]
    intercept: float

    @classmethod
    def fit(cls, inputs: Floats, target: Floats, penalty: float) -> Self:
        """Fit by least squares; `penalty` is in units of one standardised input's variance."""
        centre, spread = inputs.mean(axis=0), inputs.std(axis=0)
        spread = np.where(spread > 1e-12, spread, np.inf)
        scaled = (inputs - centre) / spread
        gram = scaled.T @ scaled / len(scaled) + penalty * np.eye(scaled.shape[1])
        weights = np.linalg.solve(gram, scaled.T @ (target - target.mean()) / len(scaled))
        return cls(centre.tolist(), (weights / spread).tolist(), float(target.mean()))

    def predict(self, inputs: Floats) -> Floats:
        """Return one value a row."""
        scaled = (inputs - np.array(self.centre)) @ np.array(self.weights)
        return np.asarray(scaled + self.intercept)

    def part(self, predicted: Floats, share: float) -> Floats:
        """Return the mean with `share` of what was `predicted` beyond it."""
        return np.asarray(self.intercept + share * (predicted - self.intercept))
