"""Widths that follow outcomes: right in the long run, blind to the future."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.scoring.conformal import APART_RATE, Width, carry_width, track_widths, tracking_rate


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


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1_000), st.integers(1, 8), st.lists(st.integers(1, 79), max_size=4))
def test_a_width_carried_on_from_anywhere_is_the_one_of_an_unbroken_walk(seed, horizon, pauses):
    scores = np.random.default_rng(seed).standard_normal(80)
    rows = np.arange(80)
    whole, last = carry_width(0.5, scores, rows, rows + horizon, 0.8, 0.05)
    place, counted = 0.5, 0
    for pause in sorted({*pauses, 79}):
        part = slice(counted, pause + 1)
        end = rows[part] + horizon
        widths, place = carry_width(place, scores[part], rows[part], end, 0.8, 0.05)
        assert widths[-1] == whole[pause]
        counted = max(counted, pause + 1 - horizon)
    assert place == last


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1_000), st.sampled_from([0.5, 0.8, 0.95]), st.sampled_from([1, 6, 18]))
def test_misses_of_carried_widths_settle_at_the_share_wanted(seed, coverage, horizon):
    scores = np.random.default_rng(seed).uniform(-1, 1, 4_000)
    rows = np.arange(len(scores))
    widths, _ = carry_width(0.0, scores, rows, rows + horizon, coverage, 0.02)
    assert abs((scores[1_000:] <= widths[1_000:]).mean() - coverage) < 0.03


def test_those_apart_have_a_width_of_their_own_which_others_do_not_move():
    rng = np.random.default_rng(0)
    apart = np.arange(600) % 20 == 0
    scores = np.where(apart, 5.0, 1.0) * np.abs(rng.standard_normal(600))
    width = Width.learn(scores, 2.0, 0.8, 1, apart)
    rows = np.arange(600)
    widths, place = width.carry(scores, rows, rows + 1, apart)
    assert width.apart
    assert width.apart.start > 2 * width.start
    assert (np.diff(widths[~apart]) != 0).all()
    assert (scores <= widths)[apart].mean() > 0.7
    again, _ = width.carry(scores * np.where(apart, 9.0, 1.0), rows, rows + 1, apart)
    assert np.array_equal(again[~apart], widths[~apart])
    assert place.apart != place.usual


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1_000), st.integers(1, 48))
def test_all_across_one_closure_widen_what_follows_as_much_however_far_ahead(seed, horizon):
    rng = np.random.default_rng(seed)
    apart = np.arange(960) % 96 < horizon
    scores = rng.uniform(-1, 1, 960)
    width = Width.learn(scores, 2.0, 0.8, horizon, apart)
    rows = np.arange(horizon + 1)
    missed = np.where(rows < horizon, 1e6, np.nan)
    widths, _ = width.carry(missed, rows, np.full(horizon + 1, horizon), rows >= 0)
    assert width.apart
    reach = 2.0 + width.apart.start
    assert np.isclose(widths[-1], width.apart.start + 0.8 * APART_RATE * reach)
