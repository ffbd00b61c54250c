"""Phases by their definition, on candles made by hand; and that they never change afterwards."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.amd.phases import PHASES, find_phases
from ml.amd.reading import current_phases, read_phase
from ml.features.history import History
from tests.unit.ml.amd.made_phases import (
    RULES,
    Candle,
    framed,
    history,
    ordinary,
    phases_of,
    quiet,
    walk,
    words,
)

RANGE = ordinary() + quiet()
SWEEP_OF_THE_HIGH: Candle = (101.0, 99.8, 100.2)
SWEEP_OF_THE_LOW: Candle = (100.2, 99.0, 99.8)
BREAKOUT: Candle = (102.5, 100.0, 102.4)
INSIDE: Candle = (100.4, 99.6, 100.0)


def test_a_narrow_range_that_goes_nowhere_is_accumulation() -> None:
    phases = phases_of(RANGE)
    assert words(phases, 1) == ["accumulation"]
    box = phases.episodes[-1].box
    assert box
    assert (box.high, box.low, box.first) == (100.5, 99.5, len(RANGE) - RULES.box)
    assert words(phases_of(ordinary(200)), 1) == ["none"]


def test_a_range_that_drifts_is_none() -> None:
    drifting = [(100.2 - 0.1 * n, 99.8 - 0.1 * n, 100 - 0.1 * n) for n in range(30)]
    assert words(phases_of(ordinary() + drifting), 5) == ["none"] * 5


@pytest.mark.parametrize(
    ("candle", "signal", "direction"),
    [(SWEEP_OF_THE_HIGH, "sweep_high", "short"), (SWEEP_OF_THE_LOW, "sweep_low", "long")],
)
def test_a_sweep_and_back_is_manipulation_and_points_away_from_it(
    candle: Candle, signal: str, direction: str
) -> None:
    read = read_phase(history([*RANGE, candle]), RULES)
    assert (read.phase, read.direction, read.position_size) == ("manipulation", direction, 0)
    assert signal in read.signals
    assert "inside_box" in read.signals


def test_a_candle_beyond_both_sides_changes_nothing() -> None:
    assert words(phases_of([*RANGE, (101.0, 99.0, 100.0)]), 1) == ["accumulation"]


def test_a_sweep_is_forgotten_after_ten_candles() -> None:
    swept = [*RANGE, SWEEP_OF_THE_HIGH, *[INSIDE] * 10]
    assert words(phases_of(swept), 2) == ["manipulation", "accumulation"]


def test_a_close_well_beyond_the_box_is_distribution_until_it_is_back() -> None:
    out = [*RANGE, BREAKOUT, (102.6, 102.2, 102.5)]
    read = read_phase(history(out), RULES)
    assert (read.phase, read.direction) == ("distribution", "long")
    assert "breakout_up" in read.signals
    assert words(phases_of([*out, INSIDE]), 1) == ["none"]


def test_distribution_ends_after_as_many_candles_as_made_the_box() -> None:
    out = [*RANGE, BREAKOUT, *[(102.6, 102.2, 102.5)] * RULES.box]
    assert words(phases_of(out), 2) == ["distribution", "none"]


def test_an_old_box_is_given_up() -> None:
    old = [*RANGE, *[INSIDE] * (2 * RULES.lookback + 2)]
    phases = phases_of(old)
    begun = int(np.flatnonzero(phases.codes)[0])
    assert phases.codes[begun + 2 * RULES.lookback] == 1
    # Whether it is a range anew is decided from the next candle on.
    assert phases.codes[begun + 2 * RULES.lookback + 1] == 0


def test_a_phase_begins_anew_after_a_gap() -> None:
    assert words(phases_of(RANGE, gap_before=len(RANGE) - 5), 5) == ["none"] * 5


def test_too_few_candles_have_no_phase() -> None:
    phases = phases_of(ordinary(RULES.warm_up))
    assert not phases.known.any()
    assert phases_of(ordinary(RULES.warm_up + 1)).known.sum() == 1


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(200, 899))
def test_phases_of_a_prefix_are_those_of_the_whole(seed: int, cut: int) -> None:
    whole = walk(900, seed)
    part = History(whole.frame.head(cut), whole.sessions)
    found = find_phases(part, RULES)
    assert np.array_equal(found.codes, find_phases(whole, RULES).codes[:cut])
    assert np.array_equal(found.sides, find_phases(whole, RULES).sides[:cut])


@pytest.mark.parametrize("factor", [0.125, 8.0])
def test_prices_in_another_unit_have_the_same_phases(factor: float) -> None:
    plain = walk(2_000, 1)
    frame = plain.frame
    prices = (frame[name].to_numpy() * factor for name in ("high", "low", "close"))
    other = framed(frame["time"].to_numpy(), *prices, frame["volume"].to_numpy())
    assert np.array_equal(find_phases(other, RULES).codes, find_phases(plain, RULES).codes)


def test_the_phase_of_now_is_the_same_from_any_longer_history() -> None:
    whole = walk(3_000, 2)
    newest = History(whole.frame.tail(1_000).reset_index(drop=True), whole.sessions)
    found = [PHASES[current_phases(one, RULES).episodes[-1].code] for one in (whole, newest)]
    assert found == [read_phase(whole, RULES).phase] * 2


def test_the_shown_stretches_follow_one_another_to_the_newest_candle() -> None:
    read = read_phase(walk(2_000, 3), RULES)
    assert read.episodes[-1].phase == read.phase
    for one, following in zip(read.episodes, read.episodes[1:], strict=False):
        assert following.start - one.last == 900
        assert following.phase != one.phase
