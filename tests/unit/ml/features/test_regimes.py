"""Regimes by their definitions, and whether the check can tell prophecy from persistence."""

import numpy as np
import pytest

from core.clock.sessions import Sessions
from ml.features.regimes import (
    NEEDED,
    TREND_REGIMES,
    VOLATILITY_REGIMES,
    TrendRegime,
    VolatilityRegime,
    current_regimes,
    look_back,
    regime_check,
    trend_regimes,
    volatility_regimes,
)
from ml.features.table import FeatureTable, feature_table
from tests.unit.ml.models.boosting.made_candles import changing_volatility, make_candles, noise

NAMES = ("unknown", "low", "high")


def _features(returns, cut=None):
    frame = make_candles(returns).iloc[:cut]
    return feature_table(frame, Sessions.around_the_clock(300), NEEDED)


def test_steady_rises_are_an_uptrend_and_steady_falls_a_downtrend():
    rising = noise(800, 0, 2e-4) + 3e-4
    assert current_regimes(_features(rising), 300)["regime"] == TrendRegime.UP
    assert current_regimes(_features(-rising), 300)["regime"] == TrendRegime.DOWN


def test_a_random_walk_is_in_range_two_times_of_three():
    codes = trend_regimes(_features(noise(40_000, 1)))
    share = (codes[100:] == TREND_REGIMES.index(TrendRegime.RANGE)).mean()
    assert share == pytest.approx(0.683, abs=0.05)


def test_volatility_regimes_follow_the_past_weeks_terciles():
    returns = np.concatenate([noise(2_500, 2, 1e-3), noise(100, 3, 5e-3)])
    assert current_regimes(_features(returns), 300)["volatility_regime"] == VolatilityRegime.HIGH
    returns[-100:] /= 25
    assert current_regimes(_features(returns), 300)["volatility_regime"] == VolatilityRegime.LOW


def test_the_newest_regime_is_the_last_of_all():
    features = _features(changing_volatility(2_600, seed=5))
    codes = volatility_regimes(features, 300)
    for end in [*range(30, 2_600, 61), 2_600]:
        cut = {name: column[:end] for name, column in features.columns.items()}
        found = current_regimes(FeatureTable(cut, features.run[:end]), 300)
        assert found["volatility_regime"] == VOLATILITY_REGIMES[codes[end - 1]].value
    assert len(set(codes.tolist())) == 4


def test_regimes_are_unknown_while_warming_up():
    features = _features(noise(900, 4))
    assert set(volatility_regimes(features, 300)[: 288 + 31]) == {0}
    assert volatility_regimes(features, 300)[288 + 31] > 0
    assert set(trend_regimes(features)[:36]) == {0}
    assert trend_regimes(features)[36] > 0


@pytest.mark.parametrize(
    ("resolution", "days", "least"),
    [
        (60, 7, 288),
        (300, 7, 288),
        (900, 7, 96),
        (3_600, 7, 60),
        (14_400, 20, 60),
        (86_400, 120, 60),
    ],
)
def test_volatility_is_ranked_over_a_span_of_time_whatever_the_candle(resolution, days, least):
    window, begins_with = look_back(resolution)
    assert window * resolution == days * 86_400
    assert begins_with == least
    returns = np.concatenate([noise(400, 2, 1e-3), noise(60, 3, 5e-3)])
    assert current_regimes(_features(returns), resolution)["volatility_regime"] == "high"


def test_regimes_do_not_know_the_future():
    returns = changing_volatility(3_000, 5)
    whole, part = _features(returns), _features(returns, 2_300)
    assert np.array_equal(volatility_regimes(whole, 300)[:2_300], volatility_regimes(part, 300))
    assert np.array_equal(trend_regimes(whole)[:2_300], trend_regimes(part))


def test_the_check_finds_a_regime_that_predicts():
    returns = changing_volatility(8_000, 6)
    codes = volatility_regimes(_features(returns), 300)
    size = np.append(np.abs(returns[1:]), np.nan)
    names = ("unknown", "low", "medium", "high")
    found = regime_check(codes, names, size, least_shift=288, draws=200)
    assert found["p_value"] < 0.01
    assert found["statistic"] > found["shuffled_95"]
    assert found["groups"]["high"]["mean"] > found["groups"]["low"]["mean"]


def test_the_check_is_not_fooled_by_regimes_that_merely_last():
    rejected = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        lasting = np.cumsum(rng.standard_normal(1_500)) > 0
        outcome = np.convolve(rng.standard_normal(1_600), np.ones(50), "same")[:1_500]
        codes = 1 + lasting.astype(np.int8)
        found = regime_check(codes, NAMES, outcome, least_shift=50, draws=99, seed=seed)
        rejected += found["p_value"] <= 0.05
    assert rejected <= 8


def test_the_check_wants_more_outcomes_than_it_shuffles_by():
    with pytest.raises(ValueError, match="too few"):
        regime_check(np.ones(10, np.int8), NAMES, np.zeros(10), least_shift=5)
