"""Does a feature know the future? Truncate the history, recompute, compare.

A feature of a candle must be the same whether or not the candles after it are
known yet. One that changes when they are taken away has looked ahead.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.clock.sessions import Sessions
from ml.features.registry import FEATURES
from ml.features.table import feature_table

Floats = NDArray[np.float64]
Compute = Callable[[pd.DataFrame], Mapping[str, Floats]]

# Equal but for rounding: vector units may round the last few elements of an array otherwise.
TOLERANCE = 1e-9
CUTS = 24


def leak_test(compute: Compute, frame: pd.DataFrame, cuts: Sequence[int]) -> dict[str, int | None]:
    """Return for each feature the first time (s) at which it changed, None where it never did.

    `compute` returns columns over a frame of candles. The history is truncated
    to its first `cut` candles for each of `cuts`.
    """
    whole = compute(frame)
    first_change: dict[str, int | None] = dict.fromkeys(whole)
    times = frame["time"].to_numpy(np.int64)
    for cut in cuts:
        part = compute(frame.iloc[:cut])
        for name, values in whole.items():
            changed = _changed(values[:cut], part[name])
            if changed.any():
                time, known = int(times[changed.argmax()]), first_change[name]
                first_change[name] = time if known is None else min(time, known)
    return first_change


def leak_test_features(
    frame: pd.DataFrame, sessions: Sessions, seed: int = 0
) -> dict[str, int | None]:
    """Run the leak test over every registered feature, at `CUTS` places drawn with `seed`.

    `sessions`, the market's weekly closures, count as known beforehand.
    """

    def compute(part: pd.DataFrame) -> Mapping[str, Floats]:
        return feature_table(part, sessions, tuple(FEATURES)).columns

    return leak_test(compute, frame, draw_cuts(len(frame), seed))


def draw_cuts(count: int, seed: int = 0, cuts: int = CUTS) -> list[int]:
    """Return places to cut a history of `count` candles: drawn evenly, and before the last."""
    drawn = np.random.default_rng(seed).integers(1, max(count, 2), size=cuts)
    return sorted({*drawn.tolist(), max(count - 1, 1)})


def _changed(whole: Floats, part: Floats) -> NDArray[np.bool_]:
    near = np.isclose(whole, part, rtol=TOLERANCE, atol=1e-12, equal_nan=True)
    return np.asarray(~near)
