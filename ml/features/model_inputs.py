"""How models see features: without units, so that one scale fits all prices and times.

Every input is arithmetic within one candle's features. Returns and distances
are in units of the EWMA volatility, volatilities are logarithms of their ratio
to it, the clock is a few waves a day and a week. Where a longer window has not
filled yet, the next shorter one stands for it.
"""

import numpy as np
from numpy.typing import NDArray

from ml.features.closures import CLOSURE_INPUTS
from ml.features.formulas import MINUTES_A_DAY, MINUTES_A_WEEK
from ml.features.registry import FEATURES, RETURN_SPANS
from ml.features.table import FeatureTable

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

UNIT = "ewma_volatility_32"
VOLATILITIES = (
    "ewma_volatility_8",
    "realised_volatility_3",
    "realised_volatility_6",
    "realised_volatility_12",
    "realised_volatility_36",
    "realised_volatility_72",
    "realised_volatility_288",
    "range_volatility_1",
    "range_volatility_3",
    "range_volatility_12",
    "range_volatility_72",
    "range_volatility_288",
)
# What stands for a window that has not filled since the last gap.
SHORTER = {
    "realised_volatility_72": "realised_volatility_36",
    "realised_volatility_288": "realised_volatility_72",
    "range_volatility_72": "range_volatility_12",
    "range_volatility_288": "range_volatility_72",
}
OSCILLATORS = ("rsi_14", "stochastic_k", "stochastic_d", "mfi_14", "bollinger_position")
SHAPES = ("body", "close_location", "upper_shadow")
DAY_WAVES, WEEK_WAVES = 4, 3
# Beyond so many volatilities a move is only "huge": it must not steer a model.
CLIP = 8.0
# Logarithms of volatilities lie around -8, which clipping must not cut.
LEVEL_CENTRE = 8.0

RETURNS = tuple(f"return_{span}" for span in RETURN_SPANS)
OTHERS = ("williams_r", "sma_20", "sma_50", "macd_histogram", "volume_ratio", "day_minute")
FEATURES_READ = (UNIT, *VOLATILITIES, *RETURNS, *OSCILLATORS, *SHAPES, *OTHERS, "week_minute")
LONGEST_WARM_UP = max(FEATURES[name].warm_up for name in FEATURES_READ)
WARM_UP = max(FEATURES[name].warm_up for name in FEATURES_READ if name not in SHORTER)

SIZE_INPUTS: tuple[str, ...] = (
    "level",
    *VOLATILITIES,
    "last_move",
    "log_volume_ratio",
    *(f"day_{shape}_{n}" for n in range(1, DAY_WAVES + 1) for shape in ("sine", "cosine")),
    *(f"week_{shape}_{n}" for n in range(1, WEEK_WAVES + 1) for shape in ("sine", "cosine")),
)
SIGN_INPUTS: tuple[str, ...] = (
    *RETURNS,
    *OSCILLATORS,
    *SHAPES,
    "williams_r",
    "sma_20_distance",
    "sma_50_distance",
    "macd",
)
# What depends on the candle itself alone; closures ahead stand behind.
OWN_INPUTS: tuple[str, ...] = (*SIZE_INPUTS, *SIGN_INPUTS)
INPUTS: tuple[str, ...] = (*OWN_INPUTS, *CLOSURE_INPUTS)
# What snapshots of unfinished candles falsify: their closes are prices like others.
RANGE_INPUTS = (*(name for name in VOLATILITIES if name[:5] == "range"), "log_volume_ratio")
# The clock is never outside what it was.
CALENDAR_INPUTS = (*(name for name in SIZE_INPUTS if name[:4] in ("day_", "week")), *CLOSURE_INPUTS)


def model_inputs(features: FeatureTable, close: Floats, rows: Rows) -> Floats:
    """Return `OWN_INPUTS` of warmed-up `rows`, shape (rows, inputs); `close` of every candle."""
    column = {name: features.columns[name][rows] for name in FEATURES_READ}
    price, unit = close[rows], column[UNIT]
    inputs = {"level": np.log(unit) + LEVEL_CENTRE}
    inputs |= _volatilities(column, unit)
    inputs |= {f"return_{n}": column[f"return_{n}"] / (unit * np.sqrt(n)) for n in RETURN_SPANS}
    inputs |= {name: column[name] / 50 - 1 for name in OSCILLATORS}
    inputs |= {name: column[name] for name in SHAPES}
    inputs |= {
        "last_move": np.abs(inputs["return_1"]),
        "log_volume_ratio": np.log(np.clip(column["volume_ratio"], 0.01, 100)),
        "williams_r": column["williams_r"] / 50 + 1,
        "sma_20_distance": (price / column["sma_20"] - 1) / (unit * np.sqrt(20)),
        "sma_50_distance": (price / column["sma_50"] - 1) / (unit * np.sqrt(50)),
        "macd": column["macd_histogram"] / (price * unit),
    }
    inputs |= _waves("day", column["day_minute"] / MINUTES_A_DAY, DAY_WAVES)
    inputs |= _waves("week", column["week_minute"] / MINUTES_A_WEEK, WEEK_WAVES)
    table = np.column_stack([inputs[name] for name in OWN_INPUTS])
    return np.clip(table, -CLIP, CLIP)


def columns_of(names: tuple[str, ...]) -> list[int]:
    """Return where `names` stand among `INPUTS`."""
    return [INPUTS.index(name) for name in names]


def _volatilities(column: dict[str, Floats], unit: Floats) -> dict[str, Floats]:
    known = dict(column)
    for name, shorter in SHORTER.items():
        known[name] = np.where(np.isnan(known[name]), known[shorter], known[name])
    return {name: np.log(known[name] / unit) for name in VOLATILITIES}


def _waves(period: str, phase: Floats, count: int) -> dict[str, Floats]:
    turn = 2 * np.pi * phase
    waves = {f"{period}_sine_{n}": np.sin(n * turn) for n in range(1, count + 1)}
    return waves | {f"{period}_cosine_{n}": np.cos(n * turn) for n in range(1, count + 1)}
