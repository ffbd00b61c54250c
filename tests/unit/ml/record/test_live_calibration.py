"""Chances are held against what came, of direction and of each class."""

import numpy as np
import pytest

from ml.record.live_calibration import ChanceColumns, has_drifted, live_calibration
from ml.scoring.uncertainty import calibration_interval


def told(count: int, seed: int = 0, honest: float = 1.0) -> ChanceColumns:
    """Return chances that come true as often as they say, or as a share of what they say."""
    rng = np.random.default_rng(seed)
    tilt = rng.uniform(-0.3, 0.3, count)
    said = np.column_stack([np.full(count, 0.2), 0.4 + tilt, 0.4 - tilt])
    true = np.column_stack([said[:, 0], 0.4 + honest * tilt, 0.4 - honest * tilt])
    label = (rng.random(count)[:, None] > np.cumsum(true, axis=1)).sum(axis=1)
    return ChanceColumns(said, np.tile([0.2, 0.4, 0.4], (count, 1)), label, 1)


def test_honest_chances_have_skill_and_a_small_error_of_calibration() -> None:
    found = live_calibration(told(4_000))
    assert list(found.classes) == ["no", "buy", "sell"]
    for part in (found, found.classes["buy"], found.classes["sell"]):
        assert part.ece is not None
        assert part.ece < 0.04
        assert (part.skill_low or 0) > 0
        assert sum(one.n for one in part.bins) == part.n
        assert all(one.low <= one.frequency <= one.high for one in part.bins)
    assert found.n < found.classes["buy"].n == 4_000
    assert found.classes["no"].skill == pytest.approx(0)  # the prior itself
    said = told(4_000)
    came = said.label > 0
    share = said.said[came, 1] / said.said[came, 1:].sum(axis=1)
    assert found.brier == pytest.approx((2 * (share - (said.label[came] == 1)) ** 2).mean())


def test_chances_that_say_too_much_have_an_error_that_luck_does_not_explain() -> None:
    found = live_calibration(told(4_000, honest=0.0))
    assert (found.ece_low or 0) > 0.1
    assert (found.skill_high or 0) < 0
    assert found.ece_low <= (found.ece or 0) <= found.ece_high  # type: ignore[operator]


def test_the_interval_of_an_exact_constant_chance_ends_near_its_sampling_error() -> None:
    happened = np.random.default_rng(0).random(1_000) < 0.5
    low, high = calibration_interval(np.full(1_000, 0.5), happened, 1)
    assert 0 <= low < high < 0.06


def test_a_model_whose_chances_turn_bad_has_drifted() -> None:
    good, bad = told(1_500), told(1_500, 1, honest=-1.0)
    assert not has_drifted(good)
    both = ChanceColumns(
        *(np.concatenate([getattr(good, name), getattr(bad, name)])
          for name in ("said", "prior", "label")), 1)  # fmt: skip
    assert has_drifted(both)


def test_no_direction_is_no_error() -> None:
    holds = ChanceColumns(np.tile([0.8, 0.1, 0.1], (10, 1)), np.tile([0.8, 0.1, 0.1], (10, 1)),
                          np.zeros(10, np.int64), 6)  # fmt: skip
    found = live_calibration(holds)
    assert (found.n, found.ece, found.bins) == (0, None, [])
    assert found.classes["no"].ece == pytest.approx(0.2)
