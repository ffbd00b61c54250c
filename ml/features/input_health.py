"""Whether what models read still looks as it did in training: population stability, and gaps.

The population stability index compares shares of values in the ten parts of what was learnt
from: the sum of (now - then) * ln(now / then), which is 0 for the same shares. By custom
0.1 is worth a look, and 0.25 another population.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.answers.input_health import InputHealth
from core.clock.resolutions import DAY
from ml.features.history import History, make_history
from ml.features.model_inputs import CALENDAR_INPUTS, OWN_INPUTS, model_inputs

Floats = NDArray[np.float64]

# What is looked at: the newest four weeks, of short candles no more than a quarter of all, but
# as many as tell ten shares apart.
WINDOW, LARGEST_SHARE, LEAST_NOW = 28 * DAY, 0.25, 500
# With fewer candles learnt from before them nothing is compared.
LEAST_THEN = 1_000
PARTS = 10
# An empty part counts as half a value, or a single one would be worth infinitely much.
HALF = 0.5
# The clock is what it is.
INPUTS = tuple(name for name in OWN_INPUTS if name not in CALENDAR_INPUTS)


def population_stability(then: Floats, now: Floats) -> float:
    """Return the population stability index of the values `now` against those of `then`."""
    # Values that occurred: what lies between two would depend on how it is rounded.
    places = np.arange(1, PARTS) / PARTS
    edges = np.unique(np.quantile(then, places, method="inverted_cdf"))
    before, after = (_shares(values, edges) for values in (then, now))
    return float(((after - before) * np.log(after / before)).sum())


def input_health(
    frame: pd.DataFrame,
    resolution: int,
    sessions: Mapping[str, Any] | None,
    trained_until: int | None,
) -> list[InputHealth]:
    """Return how each input of the newest candles stands against those that were learnt from.

    `frame` holds candles from the first that was learnt from on, the training's last opening
    is `trained_until` (s): None, nothing was trained. `sessions` are those that the model
    knows (`Sessions.to_dict`); without, they are learnt from the frame.
    """
    history = make_history(frame, resolution, sessions)
    if not len(history.times):
        return []
    start = _window_start(history)
    rows = np.arange(len(history.times))
    table = model_inputs(history.features, history.path.close, rows)
    learnt = np.zeros(len(rows), bool)
    if trained_until is not None:
        learnt[:start] = history.times[:start] <= trained_until
    absent = _absent(history, start)
    return [
        _judge(name, table[learnt, n], table[start:, n], absent)
        for n, name in enumerate(OWN_INPUTS)
        if name in INPUTS
    ]


def _window_start(history: History) -> int:
    times, count = history.times, len(history.times)
    since = int(np.searchsorted(times, times[-1] - WINDOW, "right"))
    newest = min(count - since, int(count * LARGEST_SHARE))
    return max(0, count - max(newest, LEAST_NOW))


def _absent(history: History, start: int) -> int:
    """Return how many candles the market should have had from the row `start` on, and has not."""
    return int(history.sessions.missing_before(history.times[start:]).sum())


def _judge(name: str, then: Floats, now: Floats, absent: int) -> InputHealth:
    told = now[np.isfinite(now)]
    missing = 100 * (1 - len(told) / (len(now) + absent))
    known = then[np.isfinite(then)]
    compared = len(known) >= LEAST_THEN and len(told) > 0
    psi = round(population_stability(known, told), 4) if compared else None
    return InputHealth(name, psi, round(missing, 2))


def _shares(values: Floats, edges: Floats) -> Floats:
    counts = np.bincount(np.searchsorted(edges, values, "left"), minlength=len(edges) + 1) + HALF
    return np.asarray(counts / counts.sum())
