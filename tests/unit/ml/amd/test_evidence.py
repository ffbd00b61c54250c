"""What phases are worth: nothing on noise, something where an edge was planted."""

import numpy as np
import pytest

from ml.amd.claims import ClaimRecord, claims_of
from ml.amd.hypothesis import DIRECTION, Look, look_for_effects
from ml.amd.phases import ACCUMULATION, DISTRIBUTION, MANIPULATION, NONE, Episode, find_phases
from ml.amd.reading import position_size
from tests.unit.ml.amd.made_phases import RULES, history, ordinary, quiet, walk

SWEPT = Episode(0, MANIPULATION, 1)


def _proven(looks: list[Look], phase: str = "manipulation") -> bool:
    mine = [look for look in looks if look.asked == DIRECTION and look.phase == phase]
    return any(look.passed for look in mine)


def test_noise_advises_no_position_in_at_least_95_of_100_series() -> None:
    advised = sum(
        any(_proven(looks, phase) for phase in ("manipulation", "distribution"))
        for looks in (
            look_for_effects(find_phases(walk(1_400, seed), RULES)) for seed in range(100)
        )
    )
    assert advised <= 5


def test_an_edge_that_was_planted_after_sweeps_is_found() -> None:
    phases = find_phases(walk(4_000, 7, edge=0.4), RULES)
    looks = look_for_effects(phases)
    assert _proven(looks)
    claim = claims_of(phases, MANIPULATION)
    assert claim.n >= 30
    size = position_size(SWEPT, claim, looks)
    assert size == pytest.approx(min(0.7, claim.confidence))
    assert size > 0.3


def test_an_edge_against_the_claim_advises_nothing() -> None:
    looks = look_for_effects(find_phases(walk(4_000, 7, edge=-0.4), RULES))
    against = [look for look in looks if look.asked == DIRECTION and look.effect < 0]
    assert min(look.adjusted for look in against) < 0.05
    assert not _proven(looks)


def test_too_short_a_history_decides_nothing() -> None:
    assert look_for_effects(find_phases(walk(900, 0), RULES)) == []


def test_a_phase_that_points_nowhere_advises_nothing_whatever_was_proven() -> None:
    proven = [Look(DIRECTION, "accumulation", 1, 9, 1.0, 0.0, 0.0, passed=True)]
    assert position_size(Episode(0, ACCUMULATION), ClaimRecord(90, 80), proven) == 0


@pytest.mark.parametrize(
    ("n", "hits", "confidence"), [(0, 0, 0.5), (29, 29, 0.5), (30, 30, 31 / 32), (98, 29, 0.3)]
)
def test_confidence_is_a_frequency_once_there_are_thirty_episodes(
    n: int, hits: int, confidence: float
) -> None:
    assert ClaimRecord(n, hits).confidence == pytest.approx(confidence)


def test_claims_are_judged_by_the_candles_after_them() -> None:
    box = [*ordinary(), *quiet()]
    up, inside = (102.5, 100.0, 102.4), (100.4, 99.6, 100.0)
    further = [(103 + 0.1 * n, 102 + 0.1 * n, 102.5 + 0.1 * n) for n in range(RULES.box)]
    broke = find_phases(history([*box, up, *further]), RULES)
    assert claims_of(broke, DISTRIBUTION) == ClaimRecord(1, 1)
    # The end of one that is not over yet counts for nothing.
    assert claims_of(find_phases(history([*box, up, *further[:-1]]), RULES), DISTRIBUTION).n == 0
    swept = [*box, (100.2, 97.0, 99.8)]
    reached = [*swept, (103.0, 99.8, 100.0), *[inside] * RULES.box]
    undone = [*swept, (100.2, 96.0, 100.0), *[inside] * RULES.box]
    for candles, came_true in ((reached, 1), (undone, 0)):
        phases = find_phases(history(candles), RULES)
        first = claims_of(phases, MANIPULATION)
        assert first.n >= 1
        assert np.sign(first.came_true) == came_true
    assert claims_of(broke, NONE) == ClaimRecord(0, 0)
