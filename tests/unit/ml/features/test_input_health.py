"""Inputs that move or lack are seen, by the population stability index and by what is missing."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.answers.input_health import InputHealth
from ml.features.input_health import INPUTS, LEAST_NOW, input_health, population_stability
from ml.features.model_inputs import WARM_UP
from tests.unit.ml.models.boosting.made_candles import with_weekends

HOUR = 3_600
COUNT = 4_000


def test_the_index_is_that_of_its_formula() -> None:
    then = np.arange(1_000.0)
    now = np.repeat([50.0, 950.0], 250)
    lowest, others = (100 + 0.5) / 1_005, (0.5) / 505
    half = 250.5 / 505
    expected = 2 * (half - lowest) * math.log(half / lowest)
    expected += 8 * (others - lowest) * math.log(others / lowest)
    assert population_stability(then, now) == pytest.approx(expected, rel=1e-12)


def test_a_shift_by_one_deviation_is_far_above_what_drift_means_and_noise_below() -> None:
    rng = np.random.default_rng(5)
    then, same = rng.standard_normal(20_000), rng.standard_normal(2_000)
    assert population_stability(then, same) < 0.02
    # Jeffreys' divergence of two normals is the square of their distance; ten parts see most of it.
    assert 0.85 < population_stability(then, same + 1) < 1.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=30, max_size=200), st.randoms(use_true_random=False))
def test_it_is_never_negative_none_for_the_same_and_blind_to_units_and_order(
    values: list[float], random: "np.random.Generator"
) -> None:
    then = np.array(values)
    now = np.array(random.choices(values, k=100))  # type: ignore[attr-defined]
    found = population_stability(then, now)
    assert found >= 0
    assert population_stability(then, then) == 0
    assert population_stability(then[::-1], np.sort(now)) == found
    assert population_stability(4 * then, 4 * now) == found


def health_of(**more: object) -> dict[str, InputHealth]:
    frame = with_weekends(COUNT, 0)
    trained = int(frame["time"].iloc[-LEAST_NOW - 1])
    found = input_health(more.get("frame", frame), HOUR, None, trained)  # type: ignore[arg-type]
    return {one.name: one for one in found}


def test_a_quiet_market_has_no_input_that_lacks_though_it_closes_on_weekends() -> None:
    found = health_of()
    assert tuple(found) == INPUTS
    assert {one.missing_percent for one in found.values()} == {0.0}
    assert found["return_1"].status == "ok"


def test_what_is_measured_anew_in_other_units_of_volatility_drifts() -> None:
    frame = with_weekends(COUNT, 0)
    frame["high"] = frame["high"].where(frame.index < COUNT - LEAST_NOW, frame["high"] * 1.05)
    found = health_of(frame=frame)
    assert found["range_volatility_1"].status == "drift"
    assert found["return_1"].status == "ok"


def test_candles_that_lack_and_those_too_soon_after_them_count_as_missing() -> None:
    frame = with_weekends(COUNT, 0)
    last = len(frame) - 60
    holed = frame.drop(frame.index[last - 20 : last]).reset_index(drop=True)
    found = health_of(frame=holed)
    lacking = 100 * (20 + min(WARM_UP, 60)) / (LEAST_NOW + 20)
    assert found["sma_50_distance"].missing_percent == pytest.approx(lacking, abs=0.3)
    assert found["sma_50_distance"].status == "missing"


def test_before_any_training_nothing_is_compared() -> None:
    found = input_health(with_weekends(COUNT, 0), HOUR, None, None)
    assert {one.status for one in found} == {"unknown"}
    assert {one.psi for one in found} == {None}


@pytest.mark.parametrize("count", [0, 1, 2, 30])
def test_a_series_that_has_hardly_begun_is_no_error(count: int) -> None:
    found = input_health(with_weekends(COUNT, 0).head(count), HOUR, None, None)
    assert {one.missing_percent for one in found if one.name == "sma_50_distance"} <= {100.0}
    assert len(found) == (len(INPUTS) if count else 0)
