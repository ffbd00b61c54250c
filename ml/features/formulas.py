"""Arithmetic within one candle, on arrays or on arrays of one element alike.

Where a candle has no range or no volume, a share of it has no meaning; the
neutral value stands there instead of NaN, since one NaN would poison what is
averaged from it.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Prices that stand still have no volatility; this is below every tick that matters.
LEAST_VOLATILITY = 1e-7
# Parkinson, The Extreme Value Method for Estimating the Variance of the Rate of Return (1980).
PARKINSON = 1 / (4 * np.log(2))
MINUTES_A_DAY, MINUTES_A_WEEK = 1_440, 10_080


def logarithm(values: Floats) -> Floats:
    """Return the natural logarithm."""
    return np.log(values)


def square(values: Floats) -> Floats:
    """Return the square."""
    return values * values


def root(mean_square: Floats) -> Floats:
    """Turn a mean square into a volatility, never below `LEAST_VOLATILITY`, in place."""
    np.maximum(mean_square, LEAST_VOLATILITY**2, out=mean_square)
    return np.sqrt(mean_square, out=mean_square)


def parkinson(mean_squared_range: Floats) -> Floats:
    """Turn a mean squared log-range into the volatility that it implies, in place."""
    mean_squared_range *= PARKINSON
    return root(mean_squared_range)


def range_volatility(squared_range: Floats) -> Floats:
    """Return the volatility that one squared log-range implies."""
    return root(squared_range * PARKINSON)


def squared_log_ratio(upper: Floats, lower: Floats) -> Floats:
    """Return the square of the logarithm of the ratio."""
    ratio = upper / lower
    np.log(ratio, out=ratio)
    return np.square(ratio, out=ratio)


def percent_of(part: Floats, whole: Floats) -> Floats:
    """Return `part` in percent of `whole`."""
    return 100 * part / whole


def position_percent(value: Floats, low: Floats, high: Floats) -> Floats:
    """Return where `value` lies from `low` (0) to `high` (100); 50 where they meet."""
    share = _share(value - low, high - low, 0.5)
    share *= 100
    return share


def body(open_: Floats, high: Floats, low: Floats, close: Floats) -> Floats:
    """Return the signed body as a share of the range, -1 to 1; 0 without range.

    An open outside low..high (candles that open at the previous close) counts
    as at the edge.
    """
    edge = np.maximum(open_, low)
    np.minimum(edge, high, out=edge)
    return _share(np.subtract(close, edge, out=edge), high - low, 0.0)


def close_location(high: Floats, low: Floats, close: Floats) -> Floats:
    """Return where the close lies from low (0) to high (1); 0.5 without range."""
    return _share(close - low, high - low, 0.5)


def upper_shadow(open_: Floats, high: Floats, low: Floats, close: Floats) -> Floats:
    """Return the share of the range above the body; 0 without range."""
    top = np.minimum(open_, high)
    np.maximum(top, close, out=top)
    return _share(np.subtract(high, top, out=top), high - low, 0.0)


def volume_ratio(volume: Floats, average: Floats) -> Floats:
    """Return volume over its average; 1 where nothing was traded."""
    return _share(volume.copy(), average, 1.0)


def week_minute(time: Floats) -> Floats:
    """Return the minute of the week, from Thursday 00:00 UTC, where the epoch begins."""
    return _remainder(np.asarray(time, np.float64) * (1 / 60), MINUTES_A_WEEK)


def day_minute(week_minute: Floats) -> Floats:
    """Return the minute of the UTC day, from 0."""
    return _remainder(week_minute, MINUTES_A_DAY)


def _remainder(minutes: Floats, period: int) -> Floats:
    """Return whole minutes modulo `period`: several times as fast as integer division.

    A millionth of a minute outweighs all rounding, and no second reaches it.
    """
    turns = minutes * (1 / period)
    turns -= np.floor(turns + 1e-12)
    turns *= period
    turns += 1e-6
    return np.floor(turns, out=turns)


def _share(part: Floats, whole: Floats, neutral: float) -> Floats:
    """Divide `part` in place; `neutral` where the whole is nothing, NaN where it is unknown."""
    nothing = whole == 0
    if nothing.any():
        whole = np.where(nothing, 1.0, whole)
        part[nothing] = neutral
    return np.divide(part, whole, out=part)
