"""Every feature, by the steps that lead to it.

Prices are as given; returns are natural logarithms; volatilities are those of
one candle's return. Indicators carry TA-Lib's values and names of parameters,
with Bollinger bands over 20 candles at 2 deviations. A feature of candle i reads
candles up to and including i only: `ml.features.leak_test` tries it.
"""

from dataclasses import dataclass

from ml.features import formulas as f
from ml.features.steps import Formula, Step, TaLib

CANDLE = ("time", "open", "high", "low", "close", "volume")
RETURN_SPANS = (1, 2, 3, 6, 12, 36)
VOLATILITY_SPANS = (3, 6, 12, 36, 72, 288)
RANGE_SPANS = (3, 12, 72, 288)
EWMA_SPANS = (8, 32)


@dataclass(frozen=True)
class Feature:
    """A registered feature; `warm_up` is how many candles after a gap have none yet."""

    name: str
    group: str
    warm_up: int


def _sma(output: str, source: str, span: int) -> TaLib:
    return TaLib((output,), "SMA", (source,), {"timeperiod": span})


def _mom(output: str, source: str, span: int) -> TaLib:
    return TaLib((output,), "MOM", (source,), {"timeperiod": span})


INDICATORS: tuple[Step, ...] = (
    TaLib(("rsi_14",), "RSI", ("close",), {"timeperiod": 14}),
    TaLib(
        ("macd_line", "macd_signal", "macd_histogram"),
        "MACD",
        ("close",),
        {"fastperiod": 12, "slowperiod": 26, "signalperiod": 9},
    ),
    TaLib(
        ("bollinger_upper", "bollinger_middle", "bollinger_lower"),
        "BBANDS",
        ("close",),
        {"timeperiod": 20, "nbdevup": 2.0, "nbdevdn": 2.0},
    ),
    Formula(
        "bollinger_position",
        f.position_percent,
        ("close", "bollinger_lower", "bollinger_upper"),
    ),
    _sma("sma_20", "close", 20),
    _sma("sma_50", "close", 50),
    TaLib(("ema_12",), "EMA", ("close",), {"timeperiod": 12}),
    TaLib(("ema_26",), "EMA", ("close",), {"timeperiod": 26}),
    TaLib(("roc_10",), "ROC", ("close",), {"timeperiod": 10}),
    TaLib(("stochastic_k", "stochastic_d"), "STOCH", ("high", "low", "close")),
    TaLib(("williams_r",), "WILLR", ("high", "low", "close"), {"timeperiod": 14}),
    _sma("volume_average_20", "volume", 20),
    Formula("volume_ratio", f.volume_ratio, ("volume", "volume_average_20")),
    TaLib(("mfi_14",), "MFI", ("high", "low", "close", "volume"), {"timeperiod": 14}),
    TaLib(("atr_14",), "ATR", ("high", "low", "close"), {"timeperiod": 14}),
    Formula("atr_percent", f.percent_of, ("atr_14", "close")),
    TaLib(("std_20",), "STDDEV", ("close",), {"timeperiod": 20, "nbdev": 1.0}),
)

# Columns on the way to features, which are none themselves.
HELPERS: tuple[Step, ...] = (
    Formula("log_close", f.logarithm, ("close",)),
    _mom("return_1", "log_close", 1),
    Formula("squared_return", f.square, ("return_1",)),
    Formula("squared_range", f.squared_log_ratio, ("high", "low")),
)

RETURNS: tuple[Step, ...] = tuple(
    _mom(f"return_{n}", "log_close", n) for n in RETURN_SPANS if n > 1
)

VOLATILITY: tuple[Step, ...] = (
    *(
        TaLib((f"ewma_volatility_{n}",), "EMA", ("squared_return",), {"timeperiod": n}, f.root)
        for n in EWMA_SPANS
    ),
    *(
        TaLib((f"realised_volatility_{n}",), "SMA", ("squared_return",), {"timeperiod": n}, f.root)
        for n in VOLATILITY_SPANS
    ),
    Formula("range_volatility_1", f.range_volatility, ("squared_range",)),
    *(
        TaLib((f"range_volatility_{n}",), "SMA", ("squared_range",), {"timeperiod": n}, f.parkinson)
        for n in RANGE_SPANS
    ),
)

SHAPE: tuple[Step, ...] = (
    Formula("body", f.body, ("open", "high", "low", "close")),
    Formula("close_location", f.close_location, ("high", "low", "close")),
    Formula("upper_shadow", f.upper_shadow, ("open", "high", "low", "close")),
)

CALENDAR: tuple[Step, ...] = (
    Formula("day_minute", f.day_minute, ("week_minute",)),
    Formula("week_minute", f.week_minute, ("time",)),
)

GROUPS: dict[str, tuple[Step, ...]] = {
    "indicator": INDICATORS,
    "return": RETURNS,
    "volatility": VOLATILITY,
    "shape": SHAPE,
    "calendar": CALENDAR,
}

STEPS: tuple[Step, ...] = (*HELPERS, *(step for group in GROUPS.values() for step in group))


def _maker_of_column() -> dict[str, Step]:
    return {output: step for step in STEPS for output in step.outputs}


MAKER = _maker_of_column()


def warm_up(column: str) -> int:
    """Return how many candles of a run pass before `column` has its first value."""
    if column in CANDLE:
        return 0
    step = MAKER[column]
    return max(map(warm_up, step.inputs)) + step.lookback


def _features() -> dict[str, Feature]:
    grouped = {"return_1": "return"} | {
        output: group for group, steps in GROUPS.items() for s in steps for output in s.outputs
    }
    return {name: Feature(name, group, warm_up(name)) for name, group in grouped.items()}


FEATURES: dict[str, Feature] = _features()
