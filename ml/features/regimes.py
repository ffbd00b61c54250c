"""What kind of market this is: how much it moves, and whether it goes anywhere.

Volatility regime of a candle: its EWMA volatility (span 32) against the terciles
of that volatility over the candles of the past week, itself included (of long candles
over more, see `look_back`): low, medium or high. Trend regime: the log-return
over the past `TREND_SPAN` candles in units of what a random walk of their
realised volatility would make of it: above 1 trend_up, below -1 trend_down,
between them range; a random walk is in range two times of three. Both are
`unknown` while warming up, and know nothing of the future.

A regime describes; whether it also predicts is for `regime_check` to say.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.features.table import FeatureTable
from ml.scoring.turned_labels import explained_when_turned

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

WEEK = 604_800
# Terciles of fewer candles say nothing; of short candles a day is enough to begin with.
LEAST_WINDOW, MOST_TO_BEGIN = 120, 288
TREND_SPAN = 36
NEEDED = ("ewma_volatility_32", "return_36", "realised_volatility_36")


class VolatilityRegime(StrEnum):
    """How much prices move, against their recent past."""

    UNKNOWN = "unknown"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class TrendRegime(StrEnum):
    """Where prices have gone, against what chance alone would do."""

    UNKNOWN = "unknown"
    DOWN = "trend_down"
    RANGE = "range"
    UP = "trend_up"


VOLATILITY_REGIMES = tuple(VolatilityRegime)
TREND_REGIMES = tuple(TrendRegime)


def look_back(resolution: int) -> tuple[int, int]:
    """Return over how many candles (of `resolution` s) volatility is ranked, and how many suffice.

    A week, but at least 120 candles: of four hours that is 20 days, of a day 120.
    """
    window = max(WEEK // resolution, LEAST_WINDOW)
    return window, min(max(window // 7, LEAST_WINDOW // 2), MOST_TO_BEGIN)


def volatility_regimes(features: FeatureTable, resolution: int) -> Codes:
    """Return indices into `VOLATILITY_REGIMES`, one a candle of `resolution` seconds."""
    volatility = features.columns["ewma_volatility_32"]
    window, least = look_back(resolution)
    past = pd.Series(volatility).rolling(window, min_periods=least)
    lower, upper = (past.quantile(share).to_numpy(np.float64) for share in (1 / 3, 2 / 3))
    codes = 1 + (volatility > lower).astype(np.int8) + (volatility > upper).astype(np.int8)
    return np.where(np.isfinite(volatility) & np.isfinite(lower), codes, 0).astype(np.int8)


def trend_regimes(features: FeatureTable) -> Codes:
    """Return indices into `TREND_REGIMES`, one a candle."""
    expected = features.columns["realised_volatility_36"] * np.sqrt(TREND_SPAN)
    move = features.columns["return_36"] / expected
    codes = 2 + (move > 1).astype(np.int8) - (move < -1).astype(np.int8)
    known = features.warmed_up("realised_volatility_36")
    return np.where(known, codes, 0).astype(np.int8)


def current_regimes(features: FeatureTable, resolution: int) -> dict[str, str]:
    """Return both regimes of the newest candle as the API names them."""
    return {
        "volatility_regime": _newest_volatility_regime(features, resolution).value,
        "regime": TREND_REGIMES[trend_regimes(features)[-1]].value,
    }


def _newest_volatility_regime(features: FeatureTable, resolution: int) -> VolatilityRegime:
    """Return the last of `volatility_regimes`, without ranking every candle in its own week."""
    window, least = look_back(resolution)
    past = features.columns["ewma_volatility_32"][-window:]
    now, known = past[-1], np.sort(past[np.isfinite(past)])
    if not np.isfinite(now) or len(known) < least:
        return VolatilityRegime.UNKNOWN
    lower, upper = _quantile(known, 1 / 3), _quantile(known, 2 / 3)
    return VOLATILITY_REGIMES[1 + int(now > lower) + int(now > upper)]


def _quantile(ascending: Floats, share: float) -> float:
    """Return a quantile as pandas' rolling one does, to the last bit."""
    place = share * (len(ascending) - 1)
    below = int(place)
    if place == below:
        return float(ascending[below])
    low, high = float(ascending[below]), float(ascending[below + 1])
    return low + (high - low) * (place - below)


def regime_check(
    codes: Codes,
    names: Sequence[str],
    outcome: Floats,
    *,
    least_shift: int,
    draws: int = 500,
    seed: int = 0,
) -> dict[str, Any]:
    """Test whether regimes tell outcomes apart better than the same regimes shuffled in time.

    `outcome` is what came after each candle, such as its return or the size of
    it; rows of code 0 (unknown) or NaN outcome are left out. The statistic is
    the share of the outcomes' variance that the means of the regimes explain.
    Shuffling turns the labels around the end by at least `least_shift` rows,
    which keeps how long regimes last: labels mixed one by one would come apart
    and make any lasting regime look prophetic. Returns `statistic`,
    `shuffled_mean`, `shuffled_95`, `p_value` and `n` and `mean` of
    each regime by its name.
    """
    known = (codes > 0) & np.isfinite(outcome)
    code, came = codes[known].astype(np.intp), outcome[known]
    if len(code) <= 2 * least_shift:
        raise ValueError(f"{len(code)} outcomes are too few to shuffle by {least_shift} or more")
    shifts = np.random.default_rng(seed).integers(
        least_shift, len(code) - least_shift + 1, size=draws
    )
    explained = explained_when_turned(code, came)
    statistic, shuffled = float(explained[0]), explained[shifts]
    return {
        "n": len(code),
        "statistic": statistic,
        "shuffled_mean": float(shuffled.mean()),
        "shuffled_95": float(np.quantile(shuffled, 0.95)),
        "p_value": float((1 + (shuffled >= statistic).sum()) / (1 + draws)),
        "groups": {str(names[value]): _group(came[code == value]) for value in np.unique(code)},
    }


def _group(came: Floats) -> dict[str, float]:
    return {"n": len(came), "mean": float(came.mean())}
