"""Has a forecaster's error changed? ADWIN on live losses."""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
