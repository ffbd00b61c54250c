"""Widths that follow outcomes: right in the long run, blind to the future."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.scoring.conformal import track_widths, tracking_rate


def _track(scores, horizon=1, coverage=0.8, rate=0.05, start=0.0):
    rows = np.arange(len(scores))
    return track_widths(start, np.asarray(scores, float), rows, rows + horizon, coverage, rate)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-1, 1), min_size=50, max_size=400),
    st.sampled_from([0.5, 0.8, 0.95]),
    st.sampled_from([0.02, 0.1]),
)
def test_misses_settle_at_the_share_wanted_whatever_comes(scores, coverage, rate):
    widths = _track(scores, coverage=coverage, rate=rate)
    misses = (np.asarray(scores) > widths).mean()
    assert abs(misses - (1 - coverage)) <= (1 + 2 * rate) / (rate * len(scores)) + 1e-9


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1_000), st.integers(1, 8), st.integers(1, 60))
def test_a_width_depends_only_on_outcomes_known_at_its_row(seed, horizon, cut):
    scores = np.random.default_rng(seed).standard_normal(80)
    whole = _track(scores, horizon)
    hidden = scores.copy()
    hidden[max(cut - horizon, 0) + 1 :] = np.nan
    assert np.array_equal(_track(hidden, horizon)[: cut + 1], whole[: cut + 1])


def test_outcomes_that_are_not_known_teach_nothing():
    assert _track([np.nan] * 20, start=0.3).tolist() == [0.3] * 20


def test_intervals_regain_their_coverage_after_the_market_has_changed():
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.standard_normal(2_000), 3 * rng.standard_normal(6_000)])
    widths = _track(scores, start=0.84, rate=0.02)
    assert abs((scores[4_000:] <= widths[4_000:]).mean() - 0.8) < 0.01


def test_longer_horizons_are_followed_more_slowly():
    rates = [tracking_rate(horizon) for horizon in (1, 6, 18, 72)]
    assert rates == sorted(rates, reverse=True)
