"""Sealed chances are held against the class prior, by day."""

import numpy as np
import pytest

from ml.record.class_prior import DayLosses, joined, versus_prior


def days(count: int, *, loss: float, prior: float, seed: int = 0) -> list[DayLosses]:
    """Return days of about these losses."""
    noise = np.random.default_rng(seed).normal(1, 0.05, (count, 2))
    return [DayLosses(n, loss * float(a), prior * float(b)) for n, (a, b) in enumerate(noise)]


def test_what_was_saved_is_a_share_of_the_prior_s_score_and_lies_in_its_interval() -> None:
    told = days(60, loss=0.9, prior=1.0)
    found = versus_prior(told, 1)
    saved = 1 - sum(one.loss for one in told) / sum(one.prior for one in told)
    assert found["versus_prior"] == pytest.approx(saved, abs=1e-12)
    assert 0 < (found["versus_prior_low"] or 0) < saved < (found["versus_prior_high"] or 0)


def test_of_few_days_nothing_is_said_of_how_sure_it_is_and_of_none_nothing() -> None:
    found = versus_prior(days(9, loss=1.1, prior=1.0), 1)
    assert (found["versus_prior"] or 0) < 0
    assert (found["versus_prior_low"], found["versus_prior_high"]) == (None, None)
    assert versus_prior([], 1) == {}


def test_slots_together_are_summed_by_day() -> None:
    parts = [DayLosses(1, 0.5, 1.0), DayLosses(3, 1.0, 1.0)], [DayLosses(3, 2.0, 4.0)]
    assert joined(parts) == [DayLosses(1, 0.5, 1.0), DayLosses(3, 3.0, 5.0)]
