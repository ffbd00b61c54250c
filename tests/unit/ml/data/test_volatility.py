"""Volatility is known at the time and forgets."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.data.volatility import DECAY, MEMORY, ewma_volatility

returns = st.lists(st.floats(-0.5, 0.5) | st.just(math.nan), min_size=1, max_size=40)


@given(returns)
def test_it_is_the_weighted_mean_square_of_the_returns_so_far(values: list[float]) -> None:
    expected = []
    known: list[float] = []
    for value in values:
        known += [] if math.isnan(value) else [value]
        weights = [DECAY**age for age in range(len(known))]
        squares = [w * r * r for w, r in zip(weights, reversed(known), strict=True)]
        expected.append(math.sqrt(sum(squares) / sum(weights)) if known else math.nan)

    found = ewma_volatility(np.array(values))

    assert found == pytest.approx(expected, nan_ok=True, rel=1e-9, abs=1e-12)


def test_returns_older_than_its_memory_hardly_count() -> None:
    generator = np.random.default_rng(0)
    values = generator.normal(size=3_000)
    values[:1_000] *= 10

    whole = ewma_volatility(values)[-1]
    tail = ewma_volatility(values[-MEMORY:])[-1]

    assert tail == pytest.approx(whole, rel=1e-5)
