"""Features of a history, column by column."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.clock.sessions import Sessions
from ml.features.registry import CANDLE, FEATURES, MAKER, Feature
from ml.features.steps import Columns, Floats

Indices = NDArray[np.int64]

# Candles of a run from which on a second thread is worth starting.
PARALLEL_FROM = 50_000


@dataclass(frozen=True, eq=False, slots=True)
class FeatureTable:
    """Features of every candle, NaN while warming up, which begins anew after each gap.

    `run` counts the candles since the last gap, the candle itself included.
    """

    columns: Mapping[str, Floats]
    run: Indices

    def warmed_up(self, name: str) -> NDArray[np.bool_]:
        """Say of each candle whether enough candles precede it without a gap for `name`."""
        return self.run > FEATURES[name].warm_up


def run_lengths(times: Indices, sessions: Sessions) -> Indices:
    """Return how many candles, itself included, each has behind it without a gap."""
    run = np.arange(1, len(times) + 1)
    uneven = np.flatnonzero(np.diff(times) != sessions.resolution)
    if not len(uneven):
        return run
    pairs = np.stack([times[uneven], times[uneven + 1]], axis=1).ravel()
    after_gap = uneven[sessions.missing_before(pairs)[1::2] > 0] + 1
    begin = np.zeros(len(times), np.int64)
    begin[after_gap] = after_gap
    return run - np.maximum.accumulate(begin)


def feature_table(
    frame: pd.DataFrame, sessions: Sessions, names: Iterable[str] = tuple(FEATURES)
) -> FeatureTable:
    """Compute the features `names` of finished candles (see `ml.data.candle_frames`).

    Gaps are cut, not filled: each run of candles is computed by itself.
    `sessions` say which missing candles are a regular closure, hence no gap.
    Raises `KeyError` for a name that is not registered.
    """
    wanted = [FEATURES[name] for name in names]
    candle = {name: frame[name].to_numpy(np.float64) for name in CANDLE[1:]}
    times = frame["time"].to_numpy(np.int64)
    run = run_lengths(times, sessions)
    starts = np.flatnonzero(run == 1)
    source = {"time": times, **candle}
    if len(starts) <= 1:
        return FeatureTable(run_features(source, wanted), run)
    columns = {feature.name: np.full(len(times), np.nan) for feature in wanted}
    for start, stop in zip(starts, [*starts[1:], len(times)], strict=True):
        part = {name: values[start:stop] for name, values in source.items()}
        for name, values in run_features(part, wanted).items():
            columns[name][start:stop] = values
    return FeatureTable(columns, run)


def run_features(candle: Mapping[str, Any], wanted: list[Feature]) -> Columns:
    """Compute the features `wanted` of one run of candles without a gap.

    Of long runs, indicators and the rest, which share no step, are computed
    side by side: TA-Lib and numpy leave other threads alone.
    """
    parts = [[f for f in wanted if (f.group == "indicator") == chosen] for chosen in (True, False)]
    if len(candle["time"]) < PARALLEL_FROM or not all(parts):
        return _compute(candle, wanted)
    with ThreadPoolExecutor(len(parts)) as pool:
        first, second = pool.map(_compute, [candle] * len(parts), parts)
    columns = first | second
    return {feature.name: columns[feature.name] for feature in wanted}


def _compute(candle: Mapping[str, Any], wanted: list[Feature]) -> Columns:
    columns: Columns = dict(candle)
    for feature in wanted:
        _make(feature.name, columns)
    return {feature.name: columns[feature.name] for feature in wanted}


def _make(name: str, columns: Columns) -> None:
    """Add the column `name`, and those that it needs, to `columns`."""
    if name in columns:
        return
    step = MAKER[name]
    for needed in step.inputs:
        _make(needed, columns)
    with np.errstate(invalid="ignore"):
        columns.update(zip(step.outputs, step.batch(columns), strict=True))
