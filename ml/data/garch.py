"""GARCH(1,1): volatility that falls back to its mean, by quasi-maximum likelihood.

The variance of the next candle's return is omega + alpha * return^2 + beta * the
variance before: Bollerslev, Generalized Autoregressive Conditional Heteroskedasticity
(1986). Parameters are those of the largest Gaussian likelihood, which need not be the
returns' distribution: Bollerslev and Wooldridge (1992).
"""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.signal import lfilter  # type: ignore[import-untyped]

Floats = NDArray[np.float64]

# Below so many returns there is nothing to tell three parameters from.
LEAST_RETURNS = 100
# Variance reverts to its mean at some time: over tens of thousands of candles at the latest.
MOST_PERSISTENCE = 0.9999
# The search begins at the best of these: alpha + beta, and the share of alpha in it.
STARTS = tuple((persistence, share) for persistence in (0.995, 0.95, 0.7) for share in (0.05, 0.2))
LEAST_VARIANCE = 1e-14
# Of the mean log-likelihood: finer differences are far below what a sample can tell.
TOLERANCE = 1e-7


class Garch(msgspec.Struct, frozen=True):
    """The parameters; `omega` is in squared log-returns."""

    omega: float
    alpha: float
    beta: float

    @classmethod
    def fit(cls, returns: Floats) -> Self:
        """Learn from log-returns in order of time; NaN ones are passed over.

        Few returns, or none that differ, have a variance that never changes.
        """
        known = returns[~np.isnan(returns)]
        mean = max(float(np.square(known).mean()), LEAST_VARIANCE) if len(known) else LEAST_VARIANCE
        if len(known) < LEAST_RETURNS or mean == LEAST_VARIANCE:
            return cls(mean, 0.0, 0.0)
        squares = np.square(known) / mean
        starts = [np.array((0.0, *start)) for start in STARTS]

        def loss(point: Floats) -> float:
            return cls._of(point)._loss(squares)

        found = minimize(
            loss,
            min(starts, key=loss),
            method="L-BFGS-B",
            bounds=((-3.0, 3.0), (0.0, MOST_PERSISTENCE), (0.0, 1.0)),
            options={"ftol": TOLERANCE},
        )
        best = cls._of(found.x)
        return cls(best.omega * mean, best.alpha, best.beta)

    @classmethod
    def _of(cls, point: Floats) -> Self:
        """Read the logarithm of the mean variance, the persistence, the share of alpha in it."""
        mean, persistence, share = (float(value) for value in point)
        omega = float(np.exp(mean)) * (1 - persistence)
        return cls(omega, persistence * share, persistence * (1 - share))

    @property
    def persistence(self) -> float:
        """Return which share of a deviation from the mean variance is left a candle later."""
        return self.alpha + self.beta

    @property
    def mean_variance(self) -> float:
        """Return the variance to which all others fall back."""
        return self.omega / (1 - self.persistence)

    def next_variance(self, returns: Floats) -> Floats:
        """Return the variance of the return after each of `returns`, at the start the mean's.

        After a NaN return it is what it was before.
        """
        known = ~np.isnan(returns)
        followed = self._follow(np.square(returns[known]))
        found = np.concatenate([[self.mean_variance], followed])[np.cumsum(known)]
        return np.asarray(np.maximum(found, LEAST_VARIANCE))

    def _follow(self, squares: Floats) -> Floats:
        start = [self.beta * self.mean_variance]
        news = self.omega + self.alpha * squares
        return np.asarray(lfilter([1.0], [1.0, -self.beta], news, zi=start)[0])

    def _loss(self, squares: Floats) -> float:
        """Return minus twice the mean log-likelihood of squared returns, but for a constant."""
        variance = np.concatenate([[self.mean_variance], self._follow(squares)[:-1]])
        return float((np.log(variance) + squares / variance).mean())

    def variance_of(self, next_variance: Floats, horizon: int) -> Floats:
        """Return the variance of the sum of the next `horizon` returns."""
        left = (1 - self.persistence**horizon) / (1 - self.persistence)
        return np.asarray(
            horizon * self.mean_variance + (next_variance - self.mean_variance) * left
        )
