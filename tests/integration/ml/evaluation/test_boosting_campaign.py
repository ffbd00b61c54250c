"""The promise of verdicts over many seeded series: noise stays noise, a signal is found.

A shorter run is part of every test run; the whole campaign is marked slow.
"""

import pytest

from ml.evaluation.train_challenger import Recipe, evaluate
from tests.unit.ml.models.boosting.made_candles import autoregressive, make_candles, noise

COUNT, FEWER = 8_000, 5_000


def _verdicts(returns, seeds: range, count: int = COUNT) -> list[str]:
    results = (
        evaluate(make_candles(returns(count, seed)), 300, Recipe("boosting", 1, seed))
        for seed in seeds
    )
    return [result["verdict"] for result in results]


def test_noise_is_seldom_called_skilled_and_a_signal_nearly_always():
    assert _verdicts(noise, range(1_000, 1_003), FEWER).count("skilled") <= 1
    assert _verdicts(autoregressive, range(1_000, 1_002), FEWER).count("skilled") == 2


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_skill_is_claimed_on_at_most_one_in_twenty_noise_series():
    assert _verdicts(noise, range(100)).count("skilled") <= 5


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_a_planted_signal_is_found_in_nineteen_of_twenty_series():
    assert _verdicts(autoregressive, range(100)).count("skilled") >= 95
