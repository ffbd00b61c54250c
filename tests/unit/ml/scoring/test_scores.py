"""Every score against an oracle in exact decimals, written from its definition."""

import math
from decimal import Decimal, getcontext
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.scoring import scores

getcontext().prec = 50
LEVELS = (0.1, 0.5, 0.9)
prices = st.floats(1e-3, 1e6)
pairs = st.lists(st.tuples(prices, prices), min_size=1, max_size=30)
quantile_rows = st.lists(
    st.tuples(prices, st.tuples(prices, prices, prices).map(sorted)), min_size=1, max_size=30
)


def exact(values: list[float]) -> list[Decimal]:
    return [Decimal(value) for value in values]


def mean(values: list[Decimal]) -> Decimal:
    return sum(values, Decimal(0)) / len(values)


def close_to(expected: Decimal) -> object:
    return pytest.approx(float(expected), rel=1e-9, abs=1e-12)


@given(pairs)
def test_point_scores_equal_their_definitions(rows: list[tuple[float, float]]) -> None:
    came, said = (np.array(column) for column in zip(*rows, strict=True))
    errors = [abs(a - b) for a, b in (exact(list(row)) for row in rows)]
    sums = [abs(a) + abs(b) for a, b in (exact(list(row)) for row in rows)]

    assert scores.mae(came, said) == close_to(mean(errors))
    assert scores.rmse(came, said) == close_to(mean([e * e for e in errors]).sqrt())
    relative = [e / Decimal(a) for e, (a, _) in zip(errors, rows, strict=True)]
    assert scores.mape(came, said) == close_to(100 * mean(relative))
    symmetric = [2 * e / s for e, s in zip(errors, sums, strict=True)]
    assert scores.smape(came, said) == close_to(100 * mean(symmetric))


@given(pairs, st.floats(1e-3, 1e3))
def test_mase_counts_errors_in_the_scale_of_their_fold(
    rows: list[tuple[float, float]], scale: float
) -> None:
    came, said = (np.array(column) for column in zip(*rows, strict=True))
    scales = scale * np.arange(1, len(rows) + 1)

    expected = mean(
        [
            abs(Decimal(a) - Decimal(b)) / Decimal(float(s))
            for (a, b), s in zip(rows, scales, strict=True)
        ]
    )

    assert scores.mase(came, said, scales) == close_to(expected)


@given(pairs)
def test_skill_is_one_less_the_ratio_of_losses(rows: list[tuple[float, float]]) -> None:
    ours, theirs = (np.array(column) for column in zip(*rows, strict=True))

    ratio = mean(exact(list(ours))) / mean(exact(list(theirs)))

    assert scores.skill(ours, theirs) == pytest.approx(float(1 - ratio), rel=1e-9, abs=1e-9)


def test_skill_against_a_faultless_baseline_is_undefined() -> None:
    assert not np.isfinite(scores.skill(np.ones(3), np.zeros(3)))


@given(quantile_rows)
def test_pinball_equals_its_definition(rows: list[tuple[float, list[float]]]) -> None:
    losses = []
    for came, quantiles in rows:
        for level, quantile in zip(LEVELS, quantiles, strict=True):
            tau, error = Decimal(level), Decimal(came) - Decimal(quantile)
            losses.append(tau * error if error >= 0 else (tau - 1) * error)

    came = np.array([row[0] for row in rows])
    quantiles = np.array([row[1] for row in rows])

    assert scores.pinball(came, quantiles, LEVELS) == close_to(mean(losses))


@given(quantile_rows)
def test_coverage_and_winkler_equal_their_definitions(
    rows: list[tuple[float, list[float]]],
) -> None:
    held, interval_scores = [], []
    for came, low, high in ((Decimal(y), Decimal(q[0]), Decimal(q[2])) for y, q in rows):
        held.append(Decimal(int(low <= came <= high)))
        penalty = Decimal(2) / (1 - Decimal("0.8"))
        missed = max(low - came, came - high, Decimal(0))
        interval_scores.append(high - low + penalty * missed)
    came = np.array([row[0] for row in rows])
    low, high = (np.array([row[1][i] for row in rows]) for i in (0, 2))

    assert scores.coverage(came, low, high) == close_to(mean(held))
    assert scores.winkler(came, low, high, 0.8) == close_to(mean(interval_scores))


@given(quantile_rows)
def test_each_horizon_is_scored_by_itself(rows: list[tuple[float, list[float]]]) -> None:
    came = np.array([[row[0], row[0] + 1] for row in rows])
    quantiles = np.array([[row[1], row[1]] for row in rows])

    both = scores.pinball(came, quantiles, LEVELS)

    assert both.shape == (2,)
    assert both[0] == pytest.approx(scores.pinball(came[:, 0], quantiles[:, 0], LEVELS))
    assert both[1] == pytest.approx(scores.pinball(came[:, 1], quantiles[:, 1], LEVELS))


def chance_above(threshold: float, quantiles: list[float]) -> float:
    """Walk the distribution function from knot to knot."""
    if threshold <= quantiles[0]:
        return 1 - LEVELS[0]
    knots = list(zip(quantiles, LEVELS, strict=True))
    for (left, below), (right, above) in pairwise(knots):
        if left < threshold <= right:
            return 1 - (below + (above - below) * (threshold - left) / (right - left))
    return 1 - LEVELS[-1]


@given(quantile_rows)
def test_the_chance_of_a_rise_follows_the_quantiles(rows: list[tuple[float, list[float]]]) -> None:
    threshold = np.array([row[0] for row in rows])
    quantiles = np.array([row[1] for row in rows])

    chances = scores.probability_above(threshold, quantiles, LEVELS)

    assert chances == pytest.approx([chance_above(*row) for row in rows])


def test_a_median_at_the_last_price_is_an_even_chance() -> None:
    quantiles = np.array([[99.0, 100.0, 103.0]])

    assert scores.probability_above(np.array([100.0]), quantiles, LEVELS) == pytest.approx(0.5)


@given(st.lists(st.tuples(st.booleans(), st.floats(0.001, 0.999)), min_size=1, max_size=30))
def test_brier_and_log_loss_equal_their_definitions(rows: list[tuple[bool, float]]) -> None:
    up, chance = (np.array(column) for column in zip(*rows, strict=True))
    squares = [(Decimal(p) - int(u)) ** 2 for u, p in rows]
    logs = [-(Decimal(p) if u else 1 - Decimal(p)).ln() for u, p in rows]

    assert scores.brier(up, chance) == close_to(mean(squares))
    assert scores.log_loss(up, chance) == close_to(mean(logs))


def test_a_certain_miss_has_a_large_but_finite_log_loss() -> None:
    assert scores.log_loss(np.array([True]), np.array([0.0])) == pytest.approx(12 * math.log(10))


def test_calibration_error_is_nothing_where_chances_are_frequencies() -> None:
    chance = np.repeat([0.2, 0.8], 10)
    up = np.tile([True, True, False, False, False, False, False, False, False, False], 2)
    up[10:] = ~up[:10]

    assert scores.expected_calibration_error(up, chance) == pytest.approx(0)


@given(st.lists(st.booleans(), min_size=1, max_size=50), st.floats(0, 1))
def test_equal_chances_share_one_calibration_bin(up: list[bool], chance: float) -> None:
    rose = np.array(up)

    error = scores.expected_calibration_error(rose, np.full(len(up), chance))

    assert error == pytest.approx(abs(chance - rose.mean()), abs=1e-12)


def test_calibration_error_is_the_mean_gap_over_equal_count_bins() -> None:
    generator = np.random.default_rng(3)
    chance = generator.permutation(np.linspace(0.01, 0.99, 100))
    up = generator.random(100) < chance**2

    order = np.argsort(chance)
    gaps = [abs((chance[part] - up[part]).mean()) for part in np.split(order, 10)]

    assert scores.expected_calibration_error(up, chance) == pytest.approx(np.mean(gaps))


@given(st.lists(st.tuples(prices, prices, prices), min_size=1, max_size=30), st.floats(0, 0.05))
def test_trading_pays_both_fees_and_only_where_the_forecast_exceeds_them(
    rows: list[tuple[float, float, float]], fee: float
) -> None:
    nets = []
    for last, came, said in rows:
        expected = said / last - 1
        if abs(expected) <= 2 * fee:
            nets.append(0.0)
        else:
            nets.append(math.copysign(1, expected) * (came / last - 1) - 2 * fee)
    last, came, said = (np.array(column) for column in zip(*rows, strict=True))

    earned, traded = scores.traded_returns(last, came, said, fee)

    assert earned == pytest.approx(np.array(nets), rel=1e-9)
    assert traded.tolist() == [abs(said / last - 1) > 2 * fee for last, _, said in rows]
