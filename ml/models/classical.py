"""ETS and Theta, by statsmodels: points that others may be set beside, amid past moves' widths.

They come with the optional extra `classical`, and are judged only: none is saved.
Parameters are those of the closes learnt from; each row's forecast follows from the
closes up to it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter  # type: ignore[import-untyped]

from ml.features.history import History
from ml.models.baselines import LastPrice

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

PACKAGE, EXTRA = "statsmodels", "classical"
# The newest closes that parameters are estimated from: more take minutes, and change little.
FITTED_CLOSES = 2_000
# Error, trend, damping of the exponential smoothings among which AICc chooses.
_FORMS: tuple[Mapping[str, Any], ...] = (
    {"trend": None},
    {"trend": "add"},
    {"trend": "add", "damped_trend": True},
)


class _Smoothed(LastPrice, ABC):
    """What both have in common: logarithms of closes, from a first row on."""

    def fit(self, history: History, rows: Rows) -> None:
        """Estimate the parameters, then take widths from `rows` as `LastPrice` does."""
        self._first = max(int(rows[0]), int(rows[-1]) + 1 - FITTED_CLOSES)
        self._estimate(np.log(history.path.close[self._first : rows[-1] + 1]))
        super().fit(history, rows[rows >= self._first])

    def _point(self, history: History, rows: Rows, average: float) -> Floats:
        closes = np.log(history.path.close[self._first : rows[-1] + 1])
        at = rows - self._first
        return np.asarray(self._ahead(closes)[at] - closes[at])

    @abstractmethod
    def _estimate(self, closes: Floats) -> None:
        """Estimate the parameters."""

    @abstractmethod
    def _ahead(self, closes: Floats) -> Floats:
        """Return the forecast of the logarithm `horizon` candles after each of `closes`."""


class Ets(_Smoothed):
    """Exponential smoothing with additive errors; its trend, if any, is chosen by AICc."""

    name = "ets"

    def _estimate(self, closes: Floats) -> None:
        fits = [(form, _ets(closes, form).fit(disp=False)) for form in _FORMS]
        self._form, best = min(fits, key=lambda fit: float(fit[1].aicc))
        self._parameters = np.asarray(best.params)
        self._damping = float(getattr(best, "damping_trend", 1.0))

    def _ahead(self, closes: Floats) -> Floats:
        states = np.asarray(_ets(closes, self._form).smooth(self._parameters).states)
        if self._form["trend"] is None:
            return np.asarray(states[:, 0])
        steps = (self._damping ** np.arange(1, self.horizon + 1)).sum()
        return np.asarray(states[:, 0] + steps * states[:, 1])


class Theta(_Smoothed):
    """The Theta method: smoothing, and half of the drift of a straight line.

    Source: Assimakopoulos and Nikolopoulos, The theta model (2000), in the form of
    Hyndman and Billah, Unmasking the Theta method (2003).
    """

    name = "theta"

    def _estimate(self, closes: Floats) -> None:
        model = import_module(f"{PACKAGE}.tsa.forecasting.theta").ThetaModel
        fitted = model(closes, period=1, deseasonalize=False).fit()
        self._drift, self._alpha = (float(fitted.params[name]) for name in ("b0", "alpha"))

    def _ahead(self, closes: Floats) -> Floats:
        alpha, count = self._alpha, np.arange(1, len(closes) + 1)
        level = lfilter([alpha], [1.0, alpha - 1], closes, zi=[(1 - alpha) * closes[0]])[0]
        lag = (1 - (1 - alpha) ** count) / alpha if alpha > 0 else count
        return np.asarray(level + self._drift / 2 * (self.horizon - 1 + lag))


def _ets(closes: Floats, form: Mapping[str, Any]) -> Any:
    model = import_module(f"{PACKAGE}.tsa.exponential_smoothing.ets").ETSModel
    return model(closes, error="add", **form)


def classical_models(horizon: int) -> tuple[dict[str, Callable[[], LastPrice]], dict[str, str]]:
    """Return how both are made, by name, and why those are not that cannot be."""
    found: tuple[type[_Smoothed], ...] = (Ets, Theta)
    if find_spec(PACKAGE) is None:
        reason = f"{PACKAGE} is not installed; it comes with the extra {EXTRA}."
        return {}, {each.name: reason for each in found}
    return {each.name: _maker(each, horizon) for each in found}, {}


def _maker(model: type[LastPrice], horizon: int) -> Callable[[], LastPrice]:
    return lambda: model(horizon)
