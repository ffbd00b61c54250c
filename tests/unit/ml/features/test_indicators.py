"""Indicators are TA-Lib's, and say why they are missing when they are."""

from typing import Any

import numpy as np
import pytest
import talib
from numpy.typing import NDArray

from ml.features.indicators import SOURCES, TAIL, current_indicators

library: Any = talib


def made_candles(count: int, seed: int = 1, drift: float = 0.0) -> dict[str, NDArray[Any]]:
    random = np.random.default_rng(seed)
    close = np.round(30_000 * np.exp(np.cumsum(random.normal(drift, 0.002, count))), 2)
    opening = np.concatenate(([30_000.0], close[:-1]))
    high = np.maximum(opening, close) + np.abs(random.normal(0, 20, count))
    low = np.minimum(opening, close) - np.abs(random.normal(0, 20, count))
    time = 1_700_000_100 + 300 * np.arange(count)
    volume = random.gamma(2, 50, count)
    return {
        "time": time, "open": opening, "high": high, "low": low, "close": close, "volume": volume,
    }  # fmt: skip


def flat(values: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        nested = value if isinstance(value, dict) else None
        found |= {f"{name}.{k}": v for k, v in nested.items()} if nested else {name: value}
    return found


def expected(c: dict[str, NDArray[Any]]) -> dict[str, float]:
    high, low, close, volume = c["high"], c["low"], c["close"], c["volume"]
    macd = library.MACD(close, 12, 26, 9)
    upper, middle, lower = library.BBANDS(close, 20, 2, 2)
    slow_k, slow_d = library.STOCH(high, low, close)
    average, true_range = library.SMA(volume, 20), library.ATR(high, low, close, 14)
    columns = {
        "rsi_14": library.RSI(close, 14),
        "macd.line": macd[0], "macd.signal": macd[1], "macd.histogram": macd[2],
        "bollinger.upper": upper, "bollinger.middle": middle, "bollinger.lower": lower,
        "bollinger.position": 100 * (close - lower) / (upper - lower),
        "moving_averages.sma_20": library.SMA(close, 20),
        "moving_averages.sma_50": library.SMA(close, 50),
        "moving_averages.ema_12": library.EMA(close, 12),
        "moving_averages.ema_26": library.EMA(close, 26),
        "momentum.roc_10": library.ROC(close, 10),
        "momentum.stochastic_k": slow_k, "momentum.stochastic_d": slow_d,
        "momentum.williams_r": library.WILLR(high, low, close, 14),
        "volume.current": volume, "volume.avg_20": average, "volume.ratio": volume / average,
        "volume.mfi_14": library.MFI(high, low, close, volume, 14),
        "volatility.atr_14": true_range, "volatility.atr_percent": 100 * true_range / close,
        "volatility.std_20": library.STDDEV(close, 20),
    }  # fmt: skip
    return {path: float(column[-1]) for path, column in columns.items()}


@pytest.mark.parametrize("seed", range(5))
def test_the_tail_gives_the_values_of_the_whole_history_to_1e_9(seed: int) -> None:
    history = made_candles(20_000, seed)
    tail = {name: column[-TAIL:] for name, column in history.items()}
    found = current_indicators(tail)
    assert found.reasons == {}
    assert flat(found.values) == pytest.approx(expected(history), rel=1e-9)


@pytest.mark.parametrize("held", [1, 2, 10, 14, 15, 20, 33, 34, 50, 113, 114])
def test_what_warms_up_is_none_and_says_how_many_candles_it_needs(held: int) -> None:
    found = current_indicators(made_candles(held))
    values = flat(found.values)
    assert values.keys() == SOURCES.keys()
    for path, value in [*values.items(), *((f"summary.{k}", v) for k, v in found.summary.items())]:
        assert (value is None) == (path in found.reasons)
        if value is None:
            assert f"{held} are held" in found.reasons[path]
            needed = int(found.reasons[path].split()[2])
            more = current_indicators(made_candles(needed))
            assert path not in more.reasons
            assert path in current_indicators(made_candles(needed - 1)).reasons


def test_prices_that_stand_still_give_no_number_that_is_none() -> None:
    candles = made_candles(300)
    for name in ("open", "high", "low", "close"):
        candles[name][:] = 100.0
    candles["volume"][:] = 0.0
    found = current_indicators(candles)
    assert all(np.isfinite(v) for v in flat(found.values).values() if v is not None)
    assert found.summary == {"trend": "neutral", "momentum": "neutral", "volatility": "normal"}


def test_a_rise_is_bullish_and_overbought_and_a_fall_the_contrary() -> None:
    up = current_indicators(made_candles(300, drift=0.01)).summary
    down = current_indicators(made_candles(300, drift=-0.01)).summary
    assert (up["trend"], up["momentum"]) == ("bullish", "overbought")
    assert (down["trend"], down["momentum"]) == ("bearish", "oversold")


@pytest.mark.parametrize(("factor", "word"), [(6.0, "high"), (0.1, "low"), (1.0, "normal")])
def test_volatility_is_judged_against_what_is_usual(factor: float, word: str) -> None:
    candles = made_candles(600)
    candles["close"][:] = 30_000.0
    spread = np.full(600, 60.0)
    spread[-60:] *= factor
    candles["high"], candles["low"] = 30_000 + spread, 30_000 - spread
    assert current_indicators(candles).summary["volatility"] == word


@pytest.mark.parametrize("held", [60, 500])
def test_prices_that_stand_still_are_neutral_and_say_why_they_tell_nothing(held: int) -> None:
    still = np.full(held, 1.1)  # its averages differ from it by rounding
    prices = dict.fromkeys(("open", "high", "low", "close"), still)
    candle = {"time": np.arange(held) * 300.0, **prices}
    found = current_indicators(candle | {"volume": np.zeros(held)})
    assert (found.summary["trend"], found.summary["momentum"]) == ("neutral", "neutral")
    for path in ("rsi_14", "momentum.stochastic_k", "momentum.williams_r", "volume.mfi_14"):
        assert found.reasons[path] == "prices stand still: there is nothing to compare"
