"""The live interval of skill holds at every look together, and still finds what is there."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, stats

from ml.scoring.confidence import (
    TIGHTEST_AT,
    least_forecasts,
    mean_sequence,
    p_values_of_gain,
    skill_sequence,
)
from ml.scoring.uncertainty import LEAST_SKILL

Floats = NDArray[np.float64]

LOOKS, SERIES = 3_000, 200


def _noise(rng: np.random.Generator, kind: str, count: int) -> Floats:
    if kind == "heavy tails":
        return rng.standard_t(3, count)
    level = np.cumsum(rng.standard_normal(count) * 0.03) if kind == "wandering volatility" else 0
    return np.asarray(rng.standard_normal(count) * np.exp(level - np.mean(level)))


def _said(rng: np.random.Generator, kind: str, count: int) -> Floats:
    """Return forecasts of moves that know nothing of them."""
    return np.full(count, 0.1) if kind == "constant" else 0.1 * rng.standard_normal(count)


@pytest.mark.parametrize("horizon", [1, 6])
@pytest.mark.parametrize("market", ["plain", "heavy tails", "wandering volatility"])
@pytest.mark.parametrize("forecaster", ["constant", "random"])
def test_on_noise_at_most_one_in_twenty_series_ever_looks_skilled(
    horizon: int, market: str, forecaster: str
) -> None:
    rng = np.random.default_rng([horizon, len(market), len(forecaster)])
    fooled = 0
    for _ in range(SERIES):
        steps = _noise(rng, market, LOOKS + horizon - 1)
        moves = np.convolve(steps, np.ones(horizon), "valid")
        said = _said(rng, forecaster, LOOKS) * math.sqrt(horizon)
        low, _ = skill_sequence(np.abs(moves - said), np.abs(moves), horizon)
        fooled += bool((low > LEAST_SKILL).any())
    assert fooled <= SERIES * 0.05


def test_a_signal_is_found_and_its_skill_held_inside_at_every_look() -> None:
    rng, count, found, held = np.random.default_rng(1), 8_000, 0, 0
    skill = 1 - math.sqrt(1 - 0.2**2)
    for _ in range(60):
        moves = rng.standard_normal(count + 1)
        for i in range(1, count + 1):
            moves[i] += 0.2 * moves[i - 1]
        loss, baseline = np.abs(moves[1:] - 0.2 * moves[:-1]), np.abs(moves[1:])
        low, high = skill_sequence(loss, baseline, 1)
        known = ~np.isnan(low)
        found += bool((low[known] > LEAST_SKILL).any())
        held += bool(((low[known] <= skill) & (skill <= high[known])).all())
    assert found >= 57
    assert held >= 57


@pytest.mark.parametrize("horizon", [1, 4])
def test_each_interval_is_the_set_of_skills_that_its_definition_leaves(horizon: int) -> None:
    rng = np.random.default_rng(2)
    loss, baseline = rng.exponential(1, 400), rng.exponential(1.1, 400)
    low, high = skill_sequence(loss, baseline, horizon)
    rho = (-2 * math.log(0.05) + math.log(-2 * math.log(0.05)) + 1) / TIGHTEST_AT
    for n in (250, 400):
        width = math.sqrt(
            2 * (n * rho + 1) / (n * n * rho) * math.log(math.sqrt(n * rho + 1) / 0.05)
        )
        for bound, inward in ((low[n - 1], 1e-6), (high[n - 1], -1e-6)):
            for skill, inside in ((bound + inward, True), (bound - inward, False)):
                score = (1 - skill) * baseline[:n] - loss[:n]
                centred = score - score.mean()
                variance = centred @ centred / n
                for lag in range(1, horizon):
                    variance += 2 * (centred[lag:] @ centred[:-lag]) / n
                assert bool(abs(score.mean()) <= width * math.sqrt(variance)) is inside


def test_too_few_forecasts_say_nothing() -> None:
    rng = np.random.default_rng(3)
    loss, baseline = rng.exponential(1, (2, 300))
    low, high = skill_sequence(loss, baseline, 12)
    least = least_forecasts(12)
    assert np.isnan(low[: least - 1]).all()
    assert not np.isnan(low[least:]).any()
    assert (low[least:] < high[least:]).all()


def test_a_forecast_that_is_last_price_has_an_interval_of_nothing() -> None:
    baseline = np.random.default_rng(4).exponential(1, 500)
    low, high = skill_sequence(baseline, baseline, 1)
    assert low[-1] <= 0 <= high[-1] or (np.isnan(low[-1]) and np.isnan(high[-1]))


@pytest.mark.parametrize("horizon", [1, 6])
@pytest.mark.parametrize("market", ["plain", "heavy tails", "wandering volatility"])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_p_values_looked_at_after_every_outcome_err_as_often_as_they_say(
    horizon: int, market: str, alpha: float
) -> None:
    rng = np.random.default_rng([horizon, len(market), 7])
    fooled = np.zeros(2)
    for _ in range(SERIES):
        moves = np.convolve(_noise(rng, market, LOOKS + horizon - 1), np.ones(horizon), "valid")
        either, above = p_values_of_gain(np.sign(rng.standard_normal(LOOKS)) * moves, horizon)
        fooled += [(either <= alpha).any(), (above <= alpha).any()]
    assert (fooled <= SERIES * alpha * 1.5).all()


def test_a_p_value_is_the_inverse_of_a_likelihood_ratio_under_the_mixture() -> None:
    gains = np.random.default_rng(5).normal(0.1, 1, 500)
    either, above = p_values_of_gain(gains, 1)
    rho = (-2 * math.log(0.05) + math.log(-2 * math.log(0.05)) + 1) / TIGHTEST_AT
    for n in (250, 500):
        scaled = gains[:n].sum() / gains[:n].std()

        def ratio(mean: float, n: int = n, total: float = scaled) -> float:
            density = stats.norm.pdf(mean, 0, math.sqrt(rho))
            return float(math.exp(mean * total - n * mean**2 / 2) * density)

        whole = integrate.quad(ratio, -2, 2, epsabs=0)[0]
        upper = 2 * integrate.quad(ratio, 0, 2, epsabs=0)[0]
        assert either[n - 1] == pytest.approx(min(1, 1 / whole), rel=1e-6)
        assert above[n - 1] == pytest.approx(min(1, 1 / upper), rel=1e-6)


def test_a_gain_is_found_and_a_loss_is_none_on_one_side() -> None:
    gains = np.random.default_rng(6).normal(0.15, 1, 3_000)
    either, above = p_values_of_gain(gains, 1)
    assert above[-1] < either[-1] < 0.001
    either, above = p_values_of_gain(-gains, 1)
    assert either[-1] < 0.001
    assert above[-1] == 1.0


def test_p_values_say_nothing_of_few_forecasts_or_of_equal_ones() -> None:
    gains = np.random.default_rng(7).normal(1, 1, 300)
    for p_value in p_values_of_gain(gains, 12):
        assert (p_value[: least_forecasts(12) - 1] == 1).all()
        assert p_value[-1] < 1e-6
    for p_value in p_values_of_gain(np.zeros(300), 1):
        assert (p_value == 1).all()


@pytest.mark.parametrize("horizon", [1, 6])
def test_the_interval_of_a_mean_holds_at_every_look(horizon: int) -> None:
    rng, held = np.random.default_rng(horizon), 0
    for _ in range(SERIES):
        values = np.convolve(rng.standard_t(4, LOOKS + horizon - 1), np.ones(horizon), "valid")
        low, high = mean_sequence(values, horizon)
        known = ~np.isnan(low)
        held += bool(((low[known] <= 0) & (high[known] >= 0)).all())
    assert np.isnan(low[: least_forecasts(horizon) - 1]).all()
    assert held >= SERIES * 0.95
