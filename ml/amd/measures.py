"""What phases are told by: how wide, how busy and how jumpy the newest candles are.

Every value of a candle is made of that candle and those before it, back to the last gap, and
has no unit: prices times any number give the same.
"""

from dataclasses import dataclass

import msgspec
import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ml.features.history import History

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

USUAL_LOOKBACK = 100


class PhaseRules(msgspec.Struct, frozen=True):
    """The numbers of the definition, in candles, average true ranges, or shares.

    `lookback` is what a candle is compared with, `box` how many candles make a range. A range
    is quiet up to `compressed` of its usual width. A sweep goes beyond it by `pierce` and
    lasts `sweep_lasts`, a breakout closes beyond it by `beyond`. Volume is low up to `quiet`
    and high from `busy` on, in multiples of its median.
    """

    lookback: int = USUAL_LOOKBACK
    box: int = 20
    compressed: float = 0.75
    pierce: float = 0.1
    beyond: float = 0.5
    sweep_lasts: int = 10
    quiet: float = 0.8
    busy: float = 1.25

    @property
    def warm_up(self) -> int:
        """Return how many candles must precede one without a gap, so that it has a phase."""
        return self.box + self.lookback


@dataclass(frozen=True, eq=False)
class Measures:
    """One element a candle, NaN while warming up, which begins anew after each gap.

    `ceiling` and `floor` are the extremes of the last `box` candles, `compression` their
    width by its median of late, `volume_ratio` their volume by the median of late,
    `true_range` the average true range, `drift` how far the close moved over them.
    """

    ceiling: Floats
    floor: Floats
    compression: Floats
    volume_ratio: Floats
    true_range: Floats
    drift: Floats

    @classmethod
    def of(cls, history: History, rules: PhaseRules) -> "Measures":
        """Measure every candle of a history."""
        columns = np.full((6, len(history.times)), np.nan)
        frame = history.frame
        candle = np.array([frame[name].to_numpy(np.float64) for name in _READ])
        starts = np.flatnonzero(history.run == 1)
        for start, stop in zip(starts, [*starts[1:], len(history.times)], strict=True):
            if stop - start > rules.warm_up:
                columns[:, start:stop] = _of_run(candle[:, start:stop], rules)
        return cls(*columns)


_READ = ("high", "low", "close", "volume")


def _of_run(candle: Floats, rules: PhaseRules) -> Floats:
    high, low, close, volume = candle
    box = rules.box
    before = np.concatenate([close[:1], close[:-1]])
    true_range = np.maximum(high, before) - np.minimum(low, before)
    ceiling = _led(sliding_window_view(high, box).max(axis=1), box)
    floor = _led(sliding_window_view(low, box).min(axis=1), box)
    width = (ceiling - floor) / close
    drift = np.full(len(close), np.nan)
    drift[box:] = close[box:] - close[:-box]
    with np.errstate(divide="ignore", invalid="ignore"):
        compression = width / _median(width, rules.lookback)
        ratio = _mean(volume, box) / _median(volume, rules.lookback)
    compression[: rules.warm_up] = np.nan
    # Where nothing was traded, or nobody told, there is no usual volume.
    ratio[~np.isfinite(ratio)] = np.nan
    return np.array([ceiling, floor, compression, ratio, _mean(true_range, box), drift])


def _led(values: Floats, box: int) -> Floats:
    return np.concatenate([np.full(box - 1, np.nan), values])


def _mean(values: Floats, box: int) -> Floats:
    """Return the mean of the last `box` values, added in the same order wherever they stand.

    Running sums would carry the rounding errors of all that went before.
    """
    last = len(values) - box + 1
    total = np.zeros(last)
    for step in range(box):
        total += values[step : step + last]
    return _led(total / box, box)


def _median(values: Floats, lookback: int) -> Floats:
    return np.asarray(pd.Series(values).rolling(lookback).median().to_numpy(np.float64))
