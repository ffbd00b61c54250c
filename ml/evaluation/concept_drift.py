"""Has a forecaster's error changed? ADWIN on live losses."""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.markets import DEFAULT_COSTS_BPS
from core.models import SIGNAL, kind_of_model
from ml.evaluation.kinds import kind_of
from ml.evaluation.walk import FoldForecasts
from ml.features.history import History
from ml.models.protocol import MAX_CANDLES, Model

Floats = NDArray[np.float64]

# The chance that ADWIN sees a change where there is none: its authors' default.
DELTA = 0.002


def error_grew(loss: Floats) -> bool:
    """Say whether the mean of a series of losses rose, by ADWIN's latest change.

    Source: Bifet and Gavaldà, Learning from time-changing data with adaptive
    windowing (2007); a fall does not count.
    """
    # Untyped, and slow to load: taken when first asked for.
    window: Any = import_module("river.drift").ADWIN(delta=DELTA)
    grew = False
    for value in loss:
        before = window.estimation
        window.update(float(value))
        if window.drift_detected:
            grew = window.estimation > before
    return grew


def surprise(realised: Floats, predicted: Floats, low: Floats, high: Floats) -> Floats:
    """Return each error in units of half the interval that was stated with it.

    So a wild market, of which the forecast knew, is no drift. At most 10.
    """
    half = np.maximum((high - low) / 2, 1e-12)
    return np.asarray(np.minimum(np.abs(realised - predicted) / half, 10.0))


def losses_since(
    history: History, model: Model, trained_until: int, most: int = MAX_CANDLES
) -> Floats:
    """Return a fitted model's loss of each forecast since its training, oldest first.

    Made again from the candles: of the newest `most` rows, those after
    `trained_until` (opening, s) whose labels are known. The loss is that of the
    model's kind; one in prices is given in units of the horizon's volatility at
    its row, so that a wild market alone is no drift. Empty where there is none.
    """
    rows = history.learnable(model.horizon)
    past = rows[history.times[rows] <= trained_until]
    later = rows[history.times[rows] > trained_until][-most:]
    if not len(later):
        return np.empty(0)
    kind = kind_of(model.name).of(model, 0, DEFAULT_COSTS_BPS)
    fold = FoldForecasts(past, later, later, {}, {})
    loss = kind.columns(history, fold, model.predict(history, later))["loss"]
    if kind_of_model(model.name) == SIGNAL:
        return loss
    unit = history.path.close[later] * history.horizon_volatility(later, model.horizon)
    return np.asarray(loss / unit)
