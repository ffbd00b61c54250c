"""Features: cut at gaps, blind to the future, those of TA-Lib."""

import numpy as np
import pytest
import talib

from core.clock.sessions import Sessions
from ml.features import formulas, table
from ml.features.leak_test import draw_cuts, leak_test, leak_test_features
from ml.features.registry import FEATURES
from ml.features.table import feature_table
from tests.unit.ml.models.boosting.made_candles import make_candles, noise

ALWAYS_OPEN = Sessions.around_the_clock(300)


def test_features_stay_finite_when_nothing_moves_and_nothing_is_traded():
    frame = make_candles(np.zeros(400))
    frame[["open", "high", "low"]] = 100.0
    frame["volume"] = 0.0
    table = feature_table(frame, ALWAYS_OPEN)
    for name, values in table.columns.items():
        assert np.isfinite(values[table.warmed_up(name)]).all(), name


def test_a_feature_is_missing_exactly_while_it_warms_up_after_each_gap():
    frame = make_candles(noise(900, 3)).drop(index=[400, 401]).reset_index(drop=True)
    table = feature_table(frame, ALWAYS_OPEN)
    assert table.run[399:402].tolist() == [400, 1, 2]
    for name, values in table.columns.items():
        np.testing.assert_array_equal(np.isfinite(values), table.warmed_up(name), err_msg=name)


def test_candles_beside_a_gap_are_not_used_together():
    whole = make_candles(noise(700, 4))
    cut = whole.drop(index=range(300, 310)).reset_index(drop=True)
    after = feature_table(cut, ALWAYS_OPEN).columns
    alone = feature_table(whole.iloc[310:].reset_index(drop=True), ALWAYS_OPEN).columns
    for name in FEATURES:
        np.testing.assert_array_equal(after[name][300:], alone[name], err_msg=name)


def test_indicators_are_those_of_ta_lib():
    frame = make_candles(noise(500, 5))
    close, high, low, volume = (frame[n].to_numpy() for n in ("close", "high", "low", "volume"))
    columns = feature_table(frame, ALWAYS_OPEN).columns
    upper, _, lower = talib.BBANDS(close, 20)
    expected = {
        "rsi_14": talib.RSI(close, 14),
        "macd_histogram": talib.MACD(close)[2],
        "bollinger_position": 100 * (close - lower) / (upper - lower),
        "stochastic_d": talib.STOCH(high, low, close)[1],
        "williams_r": talib.WILLR(high, low, close, 14),
        "mfi_14": talib.MFI(high, low, close, volume, 14),
        "atr_percent": 100 * talib.ATR(high, low, close, 14) / close,
        "volume_ratio": volume / talib.SMA(volume, 20),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(columns[name], values, rtol=1e-9, err_msg=name)


def test_realised_volatility_is_the_root_mean_square_return():
    frame = make_candles(noise(100, 6))
    column = feature_table(frame, ALWAYS_OPEN, ["realised_volatility_12"]).columns
    returns = np.diff(np.log(frame["close"].to_numpy()))
    expected = np.sqrt(np.square(returns[-12:]).mean())
    assert column["realised_volatility_12"][-1] == pytest.approx(expected, rel=1e-9)


def test_no_registered_feature_knows_the_future():
    frame = make_candles(noise(1_500, 7))
    assert leak_test_features(frame, ALWAYS_OPEN, seed=1) == dict.fromkeys(FEATURES)


def test_a_planted_leak_is_flagged_from_the_first_time_it_shows():
    frame = make_candles(noise(300, 8))

    def compute(part):
        close = part["close"]
        return {
            "honest": close.rolling(5).mean().to_numpy(),
            "next_close": close.shift(-1).to_numpy(),
            "share_of_whole": (close / close.mean()).to_numpy(),
            "centred": close.rolling(9, center=True).mean().to_numpy(),
        }

    found = leak_test(compute, frame, [50, 100, 299])
    assert found["honest"] is None
    assert found["next_close"] == frame["time"][49]
    assert found["share_of_whole"] == frame["time"][0]
    assert found["centred"] == frame["time"][46]


def test_cuts_always_try_the_newest_candle():
    assert draw_cuts(500)[-1] == 499
    assert draw_cuts(2) == [1]


def test_long_histories_computed_by_two_threads_are_the_same_as_by_one(monkeypatch):
    frame = make_candles(noise(3_000, 10))
    alone = feature_table(frame, ALWAYS_OPEN).columns
    monkeypatch.setattr(table, "PARALLEL_FROM", 1_000)
    shared = feature_table(frame, ALWAYS_OPEN).columns
    assert list(shared) == list(alone)
    for name, values in alone.items():
        np.testing.assert_array_equal(shared[name], values, err_msg=name)


def test_minutes_of_day_and_week_are_those_of_integer_division():
    rng = np.random.default_rng(0)
    time = np.concatenate([rng.integers(0, 4 * 10**9, 100_000), 604_800 * np.arange(1, 6_000) - 1])
    week = formulas.week_minute(time)
    assert np.array_equal(week, time // 60 % 10_080)
    assert np.array_equal(formulas.day_minute(week), time // 60 % 1_440)
