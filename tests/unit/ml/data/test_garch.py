"""GARCH(1,1) against its definition, and against what it was made from."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ml.data.garch import Garch

Floats = NDArray[np.float64]

shares = st.floats(0, 0.49)


def _returns(garch: Garch, count: int, seed: int) -> Floats:
    rng, variance = np.random.default_rng(seed), garch.mean_variance
    found = np.empty(count)
    for i in range(count):
        found[i] = math.sqrt(variance) * rng.standard_normal()
        variance = garch.omega + garch.alpha * found[i] ** 2 + garch.beta * variance
    return found


@given(
    st.lists(st.one_of(st.none(), st.floats(-0.1, 0.1)), min_size=1, max_size=40),
    st.floats(1e-8, 1e-3),
    shares,
    shares,
)
def test_the_variance_follows_its_recursion_and_passes_over_what_is_missing(
    returns: list[float | None], omega: float, alpha: float, beta: float
) -> None:
    garch = Garch(omega, alpha, beta)
    variance, expected = omega / (1 - alpha - beta), []
    for value in returns:
        if value is not None:
            variance = omega + alpha * value**2 + beta * variance
        expected.append(variance)

    found = garch.next_variance(np.array(returns, np.float64))

    assert found == pytest.approx(np.array(expected), rel=1e-9)


@given(st.floats(1e-8, 1e-3), shares, shares, st.floats(1e-8, 1e-2), st.integers(1, 60))
def test_the_variance_of_a_horizon_is_the_sum_of_its_steps(
    omega: float, alpha: float, beta: float, following: float, horizon: int
) -> None:
    total, step = 0.0, following
    for _ in range(horizon):
        total += step
        step = omega + (alpha + beta) * step  # the expected square of a return is its variance

    found = Garch(omega, alpha, beta).variance_of(np.array([following]), horizon)

    assert found[0] == pytest.approx(total, rel=1e-9)


def _likelihood(garch: Garch, returns: Floats) -> float:
    variance, total = garch.mean_variance, 0.0
    for value in returns:
        density = math.exp(-(value**2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)
        total += math.log(density)
        variance = garch.omega + garch.alpha * value**2 + garch.beta * variance
    return total


@pytest.mark.parametrize("seed", range(3))
def test_no_parameters_of_a_grid_around_have_a_larger_likelihood(seed: int) -> None:
    returns = _returns(Garch(4e-8, 0.1, 0.86), 1_500, seed)
    fitted = Garch.fit(returns)
    best = _likelihood(fitted, returns)
    for omega in (0.7, 0.9, 1.0, 1.1, 1.4):
        for alpha in (0.8, 0.95, 1.0, 1.05, 1.2):
            for beta in (-0.03, -0.01, 0.0, 0.01, 0.03):
                other = Garch(omega * fitted.omega, alpha * fitted.alpha, fitted.beta + beta)
                if other.persistence < 1:
                    assert _likelihood(other, returns) <= best + 1e-3


@pytest.mark.parametrize(("alpha", "beta"), [(0.05, 0.93), (0.15, 0.7), (0.3, 0.4)])
def test_parameters_that_made_returns_are_found_again(alpha: float, beta: float) -> None:
    made = Garch(1e-6 * (1 - alpha - beta), alpha, beta)
    found = Garch.fit(_returns(made, 20_000, 0))
    assert found.alpha == pytest.approx(alpha, abs=0.03)
    assert found.beta == pytest.approx(beta, abs=0.06)
    assert found.mean_variance == pytest.approx(1e-6, rel=0.15)


@pytest.mark.parametrize("returns", [np.zeros(500), np.full(500, np.nan), np.empty(0)])
def test_returns_that_tell_nothing_have_a_small_variance_that_stays(returns: Floats) -> None:
    garch = Garch.fit(returns)
    assert (garch.alpha, garch.beta) == (0, 0)
    assert (garch.next_variance(returns) > 0).all()
    assert np.isfinite(garch.variance_of(garch.next_variance(returns), 72)).all()


def test_few_returns_have_their_plain_variance() -> None:
    returns = np.random.default_rng(0).normal(0, 1e-3, 60)
    garch = Garch.fit(returns)
    assert garch.next_variance(returns) == pytest.approx(np.full(60, np.square(returns).mean()))
