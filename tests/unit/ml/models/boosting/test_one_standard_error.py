"""Noise is not believed; a signal is."""

import numpy as np
import pytest

from ml.models.boosting.one_standard_error import cautious_shares
from ml.models.lstm.adjustment import Adjustment, shrink_median

LEVELS = (0.1, 0.5, 0.9)


def test_noise_is_mostly_moved_to_last_price() -> None:
    generator = np.random.default_rng(0)
    kept = [
        cautious_shares(generator.normal(size=(600, 1)), generator.normal(size=(600, 1)), 1)[0]
        for _ in range(100)
    ]

    assert np.mean(np.array(kept) == 0) >= 0.8
    assert np.mean(kept) < 0.02


def test_a_true_forecast_is_kept() -> None:
    generator = np.random.default_rng(0)
    forecast = generator.normal(size=(3_000, 2)) * [0.3, 0.0]

    kept = cautious_shares(forecast + generator.normal(size=(3_000, 2)), forecast, 2)

    assert kept[0] > 0.5
    assert kept[1] == 0


def test_an_exaggerated_forecast_is_moderated() -> None:
    generator = np.random.default_rng(0)
    signal = generator.normal(size=(4_000, 1))

    kept = cautious_shares(signal + generator.normal(size=(4_000, 1)), 3 * signal, 1)

    assert kept[0] == pytest.approx(1 / 3, abs=0.11)


def test_too_few_independent_blocks_convince_nobody() -> None:
    signal = np.random.default_rng(0).normal(size=(100, 1))

    assert cautious_shares(signal, signal, horizon=24)[0] == 0


def test_shrinking_the_median_moves_all_quantiles_along() -> None:
    quantiles = np.array([[[1.0, 2.0, 4.0]]])

    assert shrink_median(quantiles, np.array([0.25])).tolist() == [[[-0.5, 0.5, 2.5]]]


def test_adjusted_forecasts_cover_what_they_promise_after_shrinking() -> None:
    generator = np.random.default_rng(0)
    realised = generator.normal(size=(4_000, 1))
    medians = 2 * generator.normal(size=(4_000, 1, 1))
    quantiles = medians + np.array([-0.1, 0.0, 0.1])

    adjustment = Adjustment.start(np.array([[-1.0, 0.0, 1.0]]), kept=np.zeros(1))
    adjustment = adjustment.widen(realised[:2_000], quantiles[:2_000], LEVELS)
    shown = adjustment.apply(quantiles[2_000:])

    assert np.abs(shown[..., 1]).max() < 1e-12
    held = (shown[..., 0] <= realised[2_000:]) & (realised[2_000:] <= shown[..., 2])
    assert held.mean() == pytest.approx(0.8, abs=0.03)


def test_the_usual_quantiles_are_taken_where_others_lose_more() -> None:
    generator = np.random.default_rng(0)
    realised = generator.normal(size=(2_000, 2))
    usual = np.tile([-1.28, 0.0, 1.28], (2, 1))
    own = np.tile(usual, (2_000, 1, 1))
    own[:, 0] *= np.exp(generator.normal(size=(2_000, 1)))

    adjustment = Adjustment.start(usual, kept=np.ones(2))
    blended = adjustment.blend(realised, own, np.ones((2_000, 2)), LEVELS)

    assert blended.usual_share[0] == 1
    assert blended.apply(own)[:, 0] == pytest.approx(np.tile(usual[0], (2_000, 1)))
