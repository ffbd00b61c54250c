"""The live interval of skill holds at every look together, and still finds what is there."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.scoring.confidence import TIGHTEST_AT, least_forecasts, skill_sequence
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
