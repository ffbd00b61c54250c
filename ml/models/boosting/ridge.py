"""Linear regression with a penalty, on inputs brought to one scale.

Sums are taken by einsum, not by the threads of a BLAS: they come in one order,
hence the same bits, and on shared cores they are faster.
"""

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
        gram = np.einsum("ni,nj->ij", scaled, scaled) / len(scaled)
        moment = np.einsum("ni,n->i", scaled, target - target.mean()) / len(scaled)
        weights = np.linalg.solve(gram + penalty * np.eye(len(gram)), moment)
        return cls(centre.tolist(), (weights / spread).tolist(), float(target.mean()))

    def predict(self, inputs: Floats) -> Floats:
        """Return one value a row."""
        centred = inputs - np.array(self.centre)
        return np.asarray(np.einsum("ni,i->n", centred, np.array(self.weights)) + self.intercept)

    def part(self, predicted: Floats, share: float) -> Floats:
        """Return the mean with `share` of what was `predicted` beyond it."""
        return np.asarray(self.intercept + share * (predicted - self.intercept))
