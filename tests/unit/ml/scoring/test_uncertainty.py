"""Intervals and tests are honest, also where forecasts overlap."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ml.scoring.uncertainty import (
    Verdict,
    better_p_value,
    block_length,
    diebold_mariano,
    direction_test,
    level_for,
    long_run_variance,
    mean_interval,
    skill_interval,
    verdict,
    widening,
)

losses = st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 100)), min_size=8, max_size=60)


def columns(rows: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    ours, theirs = zip(*rows, strict=True)
    return np.array(ours), np.array(theirs)


@settings(deadline=None)
@given(losses, st.integers(1, 5))
def test_the_interval_is_that_of_resampled_blocks(
    rows: list[tuple[float, float]], horizon: int
) -> None:
    ours, theirs = columns(rows)
    count, length = len(rows), block_length(len(rows), horizon)
    starts = np.random.default_rng(7).integers(count, size=(50, math.ceil(count / length)))
    skills = []
    for draw in starts:
        index = [(int(start) + k) % count for start in draw for k in range(length)]
        skills.append(1 - sum(ours[i] for i in index) / sum(theirs[i] for i in index))

    interval = skill_interval(ours, theirs, horizon, draws=50, seed=7)

    value, wider = 1 - ours.sum() / theirs.sum(), widening(count, length, horizon)
    bounds = [value + wider * (each - value) for each in np.quantile(skills, [0.025, 0.975])]
    assert interval == pytest.approx(tuple(bounds), abs=1e-9)


@given(st.integers(2, 5_000), st.integers(1, 200))
def test_intervals_are_widened_by_what_blocks_cut_off_and_by_their_number(
    count: int, horizon: int
) -> None:
    length = block_length(count, horizon)
    whole = held = 0.0
    for lag in range(-horizon + 1, horizon):
        whole += 1 - abs(lag) / horizon
        held += (1 - abs(lag) / horizon) * max(1 - abs(lag) / length, 0)
    blocks = count / length
    tails = stats.t.ppf(0.975, blocks - 1) / stats.norm.ppf(0.975)

    found = widening(count, length, horizon)

    assert found == pytest.approx(tails * math.sqrt(whole / held * blocks / (blocks - 1)))
    assert found > 1


@pytest.mark.parametrize("horizon", [6, 48])
def test_of_forecasts_that_overlap_few_without_skill_look_skilled(horizon: int) -> None:
    generator, count, skilled = np.random.default_rng(horizon), 1_500, 0
    for _ in range(400):
        noise = generator.normal(size=(2, count + horizon - 1))
        moves, noises = (np.convolve(row, np.ones(horizon), "valid") for row in noise)
        theirs = np.abs(moves) + math.sqrt(horizon)
        skilled += skill_interval(theirs + 0.3 * noises, theirs, horizon, draws=300)[0] > 0

    assert skilled <= 400 * 0.045


def test_a_baseline_without_error_leaves_skill_undefined() -> None:
    assert all(math.isnan(bound) for bound in skill_interval(np.ones(40), np.zeros(40), 1))


def test_the_same_seed_gives_the_same_interval() -> None:
    generator = np.random.default_rng(0)
    ours, theirs = generator.random((2, 300))

    assert skill_interval(ours, theirs, 3, seed=4) == skill_interval(ours, theirs, 3, seed=4)
    assert skill_interval(ours, theirs, 3, seed=4) != skill_interval(ours, theirs, 3, seed=5)


@pytest.mark.parametrize("horizon", [1, 12])
def test_about_95_of_100_intervals_hold_the_true_skill(horizon: int) -> None:
    generator = np.random.default_rng(horizon)
    held = 0
    for _ in range(200):
        # Moving averages over the horizon: what overlapping forecasts' errors look like.
        noise = generator.exponential(size=(2, 1_000 + horizon - 1))
        ours, theirs = (
            np.convolve(series, np.ones(horizon) / horizon, "valid") for series in noise
        )
        low, high = skill_interval(0.9 * ours, theirs, horizon, draws=300)
        held += low <= 0.1 <= high

    assert 0.88 <= held / 200 <= 0.99


@given(st.integers(1, 10_000), st.integers(1, 300))
def test_blocks_span_twice_the_horizon_but_at_least_four_fit(count: int, horizon: int) -> None:
    length = block_length(count, horizon)

    assert length == 1 or 4 * length <= count
    assert length >= min(2 * horizon, max(1, count // 4))


def dm_oracle(difference: list[float], horizon: int) -> tuple[float, float]:
    """The formulas of the R package forecast, one sum after another."""
    n = len(difference)
    centre = math.fsum(difference) / n

    def autocovariance(lag: int) -> float:
        return (
            math.fsum(
                (difference[t] - centre) * (difference[t - lag] - centre) for t in range(lag, n)
            )
            / n
        )

    gammas = [autocovariance(lag) for lag in range(horizon)]
    variance = (gammas[0] + 2 * math.fsum(gammas[1:])) / n
    if variance <= 0:
        weights = [1 - lag / horizon for lag in range(horizon)]
        weighted = [w * g for w, g in zip(weights, gammas, strict=True)]
        variance = (weighted[0] + 2 * math.fsum(weighted[1:])) / n
    k = math.sqrt((n + 1 - 2 * horizon + horizon / n * (horizon - 1)) / n)
    statistic = k * centre / math.sqrt(variance)
    return statistic, 2 * stats.t.cdf(-abs(statistic), df=n - 1)


@pytest.mark.parametrize("horizon", [1, 2, 6, 24])
@pytest.mark.parametrize("seed", range(4))
def test_diebold_mariano_equals_its_definition(horizon: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    ours, theirs = np.cumsum(generator.normal(size=(2, 120)), axis=1) ** 2

    found = diebold_mariano(ours, theirs, horizon)

    assert found == pytest.approx(dm_oracle(list(ours - theirs), horizon), rel=1e-7)


def test_diebold_mariano_of_equal_forecasts_says_nothing() -> None:
    same = np.random.default_rng(0).random(50)

    assert diebold_mariano(same, same, 3) == (0.0, 1.0)


def test_diebold_mariano_is_negative_where_we_lose_less() -> None:
    generator = np.random.default_rng(1)
    theirs = generator.random(500) + 1
    statistic, p_value = diebold_mariano(theirs * 0.9 + generator.random(500) * 0.01, theirs, 1)

    assert statistic < -10
    assert p_value < 1e-6


def test_diebold_mariano_rejects_one_true_hypothesis_in_twenty() -> None:
    generator = np.random.default_rng(2)
    rejected = 0
    for _ in range(400):
        noise = generator.normal(size=(2, 405))
        ours, theirs = (np.convolve(series, np.ones(6), "valid") ** 2 for series in noise)
        rejected += diebold_mariano(ours, theirs, 6)[1] < 0.05

    assert 0.02 <= rejected / 400 <= 0.10


def test_without_lags_the_long_run_variance_is_the_variance() -> None:
    values = np.random.default_rng(0).normal(size=200)

    assert long_run_variance(values, 0) == pytest.approx(values.var())


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=40), st.integers(0, 60))
def test_the_long_run_variance_is_never_negative(values: list[float], lags: int) -> None:
    assert long_run_variance(np.array(values), lags) >= -1e-9


def test_direction_counts_hits_among_decided_moves() -> None:
    moves = np.array([1.0, -1.0, 2.0, 0.0, 1.0, -3.0])
    predicted = np.array([1.0, 1.0, 0.0, 1.0, 2.0, -1.0])

    accuracy, base_rate, _ = direction_test(moves, predicted, 1)

    assert accuracy == pytest.approx(3 / 4)
    assert base_rate == pytest.approx(2 / 4)


def test_a_direction_that_is_never_named_has_no_accuracy() -> None:
    accuracy, base_rate, p_value = direction_test(np.ones(5), np.zeros(5), 1)

    assert math.isnan(accuracy)
    assert math.isnan(base_rate)
    assert p_value == 1.0


def test_naming_the_commoner_direction_always_shows_no_skill() -> None:
    moves = np.where(np.random.default_rng(0).random(500) < 0.6, 1.0, -1.0)

    accuracy, base_rate, p_value = direction_test(moves, np.ones(500), 1)

    assert accuracy == base_rate
    assert p_value == 1.0


def test_true_foresight_of_direction_is_recognised() -> None:
    generator = np.random.default_rng(0)
    moves = generator.normal(size=(800, 3))

    _, _, informed = direction_test(moves, moves + generator.normal(size=(800, 3)), 3)
    _, _, blind = direction_test(moves, generator.normal(size=(800, 3)), 3)

    assert informed < 0.001
    assert blind > 0.01


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.01, 0.02, Verdict.SKILLED),
        (0.0002, 0.02, Verdict.UNPROVEN),
        (-0.01, 0.02, Verdict.UNPROVEN),
        (-0.02, 0.00029, Verdict.NO_SKILL),
        (-0.02, 0.00031, Verdict.UNPROVEN),
        (0.0, 0.0, Verdict.NO_SKILL),
        (0.0001, 0.0002, Verdict.NEGLIGIBLE),
        (0.0, 0.0002, Verdict.NO_SKILL),
        (0.00031, 0.0005, Verdict.SKILLED),
        (math.nan, math.nan, Verdict.UNPROVEN),
    ],
)
def test_the_verdict_follows_the_whole_interval(low: float, high: float, expected: Verdict) -> None:
    assert verdict(low, high) is expected


def test_of_ten_candidates_without_skill_hardly_any_set_holds_one_that_looks_skilled() -> None:
    generator, candidates, fooled, alone = np.random.default_rng(3), 10, 0, 0
    for _ in range(100):
        theirs = generator.exponential(1, 400)
        tried = [theirs + generator.normal(0, 0.3, 400) for _ in range(candidates)]
        found = [
            skill_interval(ours, theirs, 1, level=level, draws=draws)[0]
            for level, draws in ((level_for(candidates), 2_000), (level_for(1), 300))
            for ours in tried
        ]
        fooled += max(found[:candidates]) > 0
        alone += max(found[candidates:]) > 0

    assert fooled <= 8
    assert alone > 12


def test_an_interval_of_the_mean_holds_it_where_values_overlap() -> None:
    generator, held = np.random.default_rng(4), 0
    for _ in range(300):
        values = np.convolve(generator.normal(size=1_005), np.ones(6), "valid")
        low, high = mean_interval(values, 6)
        held += low <= 0 <= high

    assert 270 <= held <= 297
    assert all(math.isnan(bound) for bound in mean_interval(np.ones(1), 1))


def test_one_side_of_a_test_has_half_of_its_chance() -> None:
    assert better_p_value(-2.0, 0.04) == pytest.approx(0.02)
    assert better_p_value(2.0, 0.04) == pytest.approx(0.98)
