"""Technical indicators of the newest candle, and what they say in a word.

They are TA-Lib's over the candles held, one after another: candles that are
missing are left out, as charts do, not filled. Indicators that remember all of
the past (exponential and Wilder's averages) are computed over the newest `TAIL`
candles: what came before weighs less than 1e-16, below the last digit of a float.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.features.registry import CANDLE, FEATURES, warm_up
from ml.features.table import run_features

Floats = NDArray[np.float64]

# (13/14)**500, the weight that Wilder's average over 14 leaves to the first candle, is 8e-17.
TAIL = 500

# Where each value stands in the answer, and the feature (or candle's column) that it is.
SOURCES: Mapping[str, str] = {
    "rsi_14": "rsi_14",
    "macd.line": "macd_line",
    "macd.signal": "macd_signal",
    "macd.histogram": "macd_histogram",
    "bollinger.upper": "bollinger_upper",
    "bollinger.middle": "bollinger_middle",
    "bollinger.lower": "bollinger_lower",
    "bollinger.position": "bollinger_position",
    "moving_averages.sma_20": "sma_20",
    "moving_averages.sma_50": "sma_50",
    "moving_averages.ema_12": "ema_12",
    "moving_averages.ema_26": "ema_26",
    "momentum.roc_10": "roc_10",
    "momentum.stochastic_k": "stochastic_k",
    "momentum.stochastic_d": "stochastic_d",
    "momentum.williams_r": "williams_r",
    "volume.current": "volume",
    "volume.avg_20": "volume_average_20",
    "volume.ratio": "volume_ratio",
    "volume.mfi_14": "mfi_14",
    "volatility.atr_14": "atr_14",
    "volatility.atr_percent": "atr_percent",
    "volatility.std_20": "std_20",
}

# Of so many last candles an oscillator compares prices; 0: of all, as Wilder's average remembers.
STILL_WINDOWS = {"rsi_14": 0, "stochastic_k": 7, "stochastic_d": 9, "williams_r": 14, "mfi_14": 15,
                 "bollinger_position": 20}  # fmt: skip
STILL = "prices stand still: there is nothing to compare"
# Prices and averages this close to each other differ by rounding only.
ROUNDING = 1e-9

OVERBOUGHT, OVERSOLD = 70.0, 30.0
HIGH_VOLATILITY, LOW_VOLATILITY = 1.5, 1 / 1.5
# Fewer ranges than this say nothing of what is usual.
USUAL_COUNT = 100


class Indicators(NamedTuple):
    """Values in nested groups, the summary, and by path why one is null."""

    values: dict[str, Any]
    summary: dict[str, str | None]
    reasons: dict[str, str]


def current_indicators(candle: Mapping[str, Floats], since: str | None = None) -> Indicators:
    """Compute all indicators of the last candle of columns `time, open, ..., volume`.

    A value that cannot be had yet is None, and its reason says how many candles
    it needs, and `since` when there are some. There must be at least one candle.
    """
    wanted = [FEATURES[name] for name in SOURCES.values() if name not in CANDLE]
    columns = {**candle, **run_features(candle, wanted)}
    columns |= _without_still_prices(columns)
    held = len(candle["close"])
    reasons: dict[str, str] = {}
    values: dict[str, Any] = {}
    for path, name in SOURCES.items():
        value = _last(columns[name])
        if value is None:
            reasons[path] = STILL if _is_still(candle, name) else _reason(name, held, since)
        group, _, part = path.rpartition(".")
        (values.setdefault(group, {}) if group else values)[part] = value
    return Indicators(values, _summary(columns, reasons), reasons)


def _is_still(candle: Mapping[str, Floats], name: str) -> bool:
    """Say whether all prices that an oscillator compares are one price: it tells nothing then."""
    held = len(candle["close"])
    if name not in STILL_WINDOWS or held <= warm_up(name):
        return False
    window = STILL_WINDOWS[name] or held
    return bool(candle["high"][-window:].max() == candle["low"][-window:].min())


def _without_still_prices(columns: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return oscillators that TA-Lib gives a bound or noise for though prices stand still."""
    cleared = {}
    for name in STILL_WINDOWS:
        if _is_still(columns, name):
            cleared[name] = columns[name].copy()
            cleared[name][-1] = np.nan
    return cleared


def _last(column: Floats) -> float | None:
    value = float(column[-1])
    return value if np.isfinite(value) else None


def _reason(name: str, held: int, since: str | None) -> str:
    needed = warm_up(name) + 1
    if held < needed:
        after = f" since the hole that ends at {since}" if since else ""
        return f"warming up: {needed} candles are needed, {held} are held{after}"
    return "not defined on these candles"


def _summary(columns: Mapping[str, Floats], reasons: dict[str, str]) -> dict[str, str | None]:
    needed = {"trend": "sma_50", "momentum": "rsi_14", "volatility": "atr_percent"}
    judged = {"trend": _trend, "momentum": _momentum, "volatility": _volatility}
    summary: dict[str, str | None] = {}
    for part, judge in judged.items():
        summary[part] = judge(columns)
        if summary[part] is None:
            count = warm_up(needed[part]) + (USUAL_COUNT if part == "volatility" else 1)
            held = len(columns["close"])
            reasons[f"summary.{part}"] = f"warming up: {count} candles are needed, {held} are held"
    return summary


def _trend(columns: Mapping[str, Floats]) -> str | None:
    """Bullish: close above SMA 50 and EMA 12 above EMA 26. Bearish: both below. Else neutral."""
    names = ("close", "sma_50", "ema_12", "ema_26")
    close, average, fast, slow = (float(columns[name][-1]) for name in names)
    if np.isnan([average, fast, slow]).any():
        return None
    least = ROUNDING * close
    if close - average > least and fast - slow > least:
        return "bullish"
    return "bearish" if average - close > least and slow - fast > least else "neutral"


def _momentum(columns: Mapping[str, Floats]) -> str | None:
    """Overbought: RSI 14 of at least 70. Oversold: at most 30. Else neutral.

    Of a price that stands still the RSI says nothing: neutral.
    """
    if _is_still(columns, "rsi_14"):
        return "neutral"
    strength = float(columns["rsi_14"][-1])
    if np.isnan(strength):
        return None
    if columns["std_20"][-1] == 0:
        return "neutral"
    if strength >= OVERBOUGHT:
        return "overbought"
    return "oversold" if strength <= OVERSOLD else "neutral"


def _volatility(columns: Mapping[str, Floats]) -> str | None:
    """Compare ATR 14 in percent with its median over the candles read (up to `TAIL`).

    High: at least 1.5 times the median. Low: at most two thirds of it. Else normal.
    """
    ranges = columns["atr_percent"][np.isfinite(columns["atr_percent"])]
    if len(ranges) < USUAL_COUNT:
        return None
    usual, now = float(np.median(ranges)), float(ranges[-1])
    if now >= HIGH_VOLATILITY * usual and now > 0:
        return "high"
    return "low" if now <= LOW_VOLATILITY * usual and usual > 0 else "normal"
