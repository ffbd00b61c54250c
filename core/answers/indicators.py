"""Indicators of the newest candle: a value is null while it warms up, absent if not asked."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

Value = float | None | UnsetType


class Macd(Struct, omit_defaults=True):
    """MACD (12, 26, 9)."""

    line: Value = UNSET
    signal: Value = UNSET
    histogram: Value = UNSET


class Bollinger(Struct, omit_defaults=True):
    """Bollinger bands (20, 2); `position` is the close from lower (0) to upper band (100)."""

    upper: Value = UNSET
    middle: Value = UNSET
    lower: Value = UNSET
    position: Value = UNSET


class MovingAverages(Struct, omit_defaults=True):
    """Averages of the close."""

    sma_20: Value = UNSET
    sma_50: Value = UNSET
    ema_12: Value = UNSET
    ema_26: Value = UNSET


class Momentum(Struct, omit_defaults=True):
    """ROC (10), stochastic (5, 3, 3), Williams %R (14)."""

    roc_10: Value = UNSET
    stochastic_k: Value = UNSET
    stochastic_d: Value = UNSET
    williams_r: Value = UNSET


class Volume(Struct, omit_defaults=True):
    """Volume of the newest candle, its ratio to the average of 20, money flow index (14)."""

    current: Value = UNSET
    avg_20: Value = UNSET
    ratio: Value = UNSET
    mfi_14: Value = UNSET


class Volatility(Struct, omit_defaults=True):
    """Average true range (14), in quote currency and in percent; deviation of 20 closes."""

    atr_14: Value = UNSET
    atr_percent: Value = UNSET
    std_20: Value = UNSET


class IndicatorValues(Struct, omit_defaults=True):
    """All groups."""

    rsi_14: Value = UNSET
    macd: Macd | UnsetType = UNSET
    bollinger: Bollinger | UnsetType = UNSET
    moving_averages: MovingAverages | UnsetType = UNSET
    momentum: Momentum | UnsetType = UNSET
    volume: Volume | UnsetType = UNSET
    volatility: Volatility | UnsetType = UNSET


class IndicatorSummary(Struct):
    """What the values say in a word; the rules are in docs/api.md."""

    trend: Literal["bullish", "bearish", "neutral"] | None
    momentum: Literal["overbought", "oversold", "neutral"] | None
    volatility: Literal["high", "normal", "low"] | None


class IndicatorInput(Struct):
    """The candles behind the values: the newest one, how many, and the holes among them.

    `partial`: the newest is not finished yet. `as_of` is the close of the newest finished one,
    `age` how long ago that was (s), and `stale` that newer ones lack by the series' own sessions.
    `hole`: more than an hour of an open market (and two candles) lacks there; values are of
    the candles after it alone.
    """

    last_time: str
    candles: int
    gaps: list[list[str]]
    partial: bool
    stale: bool
    as_of: str | None = None
    age: int | None = None
    hole: list[str] | None = None


class IndicatorsData(Struct):
    """Indicators of the newest candle; `reasons` says by path why a value is null."""

    symbol: str
    platform: str
    resolution: int
    timestamp: str
    price: float
    indicators: IndicatorValues
    summary: IndicatorSummary
    reasons: dict[str, str]
    input: IndicatorInput
