"""Calibration maps and their check, against independent formulas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from ml.scoring.calibration import (
    IsotonicCalibration,
    PlattCalibration,
    brier_of_classes,
    calibration_curve,
    calibration_report,
    log_loss_of_classes,
)


def _overconfident(count: int, seed: int = 0):
    """Return chances stated twice as surely (in log-odds) as they come true."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 1, count)
    return expit(2 * odds), rng.random(count) < expit(odds)


def test_platt_undoes_overconfidence():
    stated, happened = _overconfident(50_000)
    fitted = PlattCalibration.fit(stated, happened)
    assert fitted.slope == pytest.approx(0.5, abs=0.02)
    assert fitted.intercept == pytest.approx(0, abs=0.03)


def test_platt_is_a_logistic_regression_of_log_odds():
    stated, happened = _overconfident(2_000, 1)
    fitted = PlattCalibration.fit(stated, happened)
    oracle = LogisticRegression(C=1e6).fit(logit(stated)[:, None], happened)
    assert fitted.slope == pytest.approx(oracle.coef_[0, 0], rel=1e-3)
    assert fitted.intercept == pytest.approx(oracle.intercept_[0], abs=1e-3)


def test_a_forecast_that_is_wrong_way_round_is_worth_nothing():
    stated, happened = _overconfident(5_000, 2)
    assert PlattCalibration.fit(1 - stated, happened).slope == 0
    anchored = PlattCalibration.fit(1 - stated, happened, prior=0.3)
    assert anchored.apply(stated) == pytest.approx(np.full(5_000, 0.3))


def test_anchored_platt_leaves_the_prior_where_it_is():
    stated, happened = _overconfident(5_000, 3)
    fitted = PlattCalibration.fit(stated, happened, prior=0.42)
    assert fitted.apply(np.array([0.42]))[0] == pytest.approx(0.42)


def test_platt_survives_a_sample_that_separates_completely():
    happened = np.arange(100) >= 50
    fitted = PlattCalibration.fit(np.where(happened, 0.9, 0.1), happened)
    assert np.isfinite([fitted.slope, fitted.intercept]).all()


def test_isotonic_calibration_is_the_best_ascending_map():
    stated, happened = _overconfident(3_000, 4)
    stated = stated.round(2)
    fitted = IsotonicCalibration.fit(stated, happened).apply(stated)
    oracle = IsotonicRegression().fit_transform(stated, happened)
    assert fitted == pytest.approx(oracle, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80))
def test_a_curve_counts_every_forecast_once_and_holds_its_means(pairs):
    stated, happened = (np.array(column) for column in zip(*pairs, strict=True))
    curve = calibration_curve(stated, happened)
    assert sum(part.count for part in curve) == len(pairs)
    total = sum(part.count * part.frequency for part in curve)
    assert total == pytest.approx(happened.sum())
    assert all(part.low <= part.frequency + 1e-9 for part in curve)
    assert all(part.high >= part.frequency - 1e-9 for part in curve)


def test_the_calibration_error_is_the_weighted_gap_of_its_bins():
    stated, happened = _overconfident(4_000, 5)
    report = calibration_report(stated, happened)
    gaps = sum(b["count"] * abs(b["probability"] - b["frequency"]) for b in report["bins"])
    assert report["ece"] == pytest.approx(gaps / report["n"])
    assert len(report["bins"]) == 10


def test_scores_of_classes_are_those_of_their_definition():
    chance = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]])
    label = np.array([0, 2])
    assert brier_of_classes(label, chance) == pytest.approx([0.14, 0.01 + 0.36 + 0.49])
    assert log_loss_of_classes(label, chance) == pytest.approx(-np.log([0.7, 0.3]))
