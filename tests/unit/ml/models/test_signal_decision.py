"""A signal is given only where everything speaks for it, and its reason says what does not."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signals import SignalWords
from ml.models.signal_decision import Chances, Evidence, decide

WORDS = SignalWords()
PROVEN = Evidence(20_000, "skilled", 0.02, 0.01, 0.03, 500, 0.0004, 0.0001)
UP = Chances(
    hold=0.2, buy=0.55, sell=0.25, long=(0.2, 0.6, 0.2), short=(0.2, 0.2, 0.6),
    expected_long=0.0015, expected_short=-0.01, take_profit=0.01, stop_loss=0.005, last=100.0,
)  # fmt: skip


def but(struct: Any, **changed: Any) -> Any:
    """Return a struct with other values."""
    return msgspec.structs.replace(struct, **changed)


def test_where_all_speaks_for_it_the_better_side_is_given_with_its_evidence() -> None:
    said = decide(UP, PROVEN, WORDS)
    assert (said.type, said.confidence, said.strength, said.quality) == (
        "buy", 0.55, "strong", "medium",
    )  # fmt: skip
    for part in ("0.0200", "20000", "+0.150%", "60%", "500 trades", "backtest"):
        assert part in said.reason


def test_the_other_side_is_given_likewise() -> None:
    down = but(UP, buy=0.25, sell=0.55, expected_long=-0.01, expected_short=0.0025)
    said = decide(down, PROVEN, WORDS)
    assert (said.type, said.confidence, said.quality) == ("sell", 0.55, "high")


@pytest.mark.parametrize(
    ("chances", "evidence", "objection", "reason"),
    [
        (UP, but(PROVEN, verdict="unproven"), "", "no skill in direction is proven"),
        (UP, but(PROVEN, verdict="no_skill"), "", "no skill in direction is proven"),
        (UP, but(PROVEN, earned_low=-1e-6), "", "did not earn its costs"),
        (UP, but(PROVEN, earned_low=float("nan")), "", "did not earn its costs"),
        (but(UP, expected_long=0.0), PROVEN, "", "expected value of buy after costs"),
        (but(UP, buy=0.25, sell=0.3), PROVEN, "", "sell is likelier than buy"),
        (UP, PROVEN, "the newest candle is old.", "the newest candle is old"),
    ],
)
def test_otherwise_it_is_hold_for_the_first_thing_against_it(
    chances: Chances, evidence: Evidence, objection: str, reason: str
) -> None:
    said = decide(chances, evidence, WORDS, objection)
    assert (said.type, said.confidence, said.strength, said.quality) == (
        "hold", chances.hold, "weak", "low",
    )  # fmt: skip
    assert reason in said.reason


def test_scores_without_an_interval_prove_nothing() -> None:
    scores = {
        "direction": {"skill": {"value": None, "low": None, "high": None}},
        "after_costs": {"1x": {"trades": 0, "mean": 0.0, "low": 0.0, "high": 0.0}},
    }
    evidence = Evidence.of(10, scores, "unproven")
    assert not evidence.proven
    assert not evidence.pays


@pytest.mark.parametrize(
    ("dearer", "earned"),
    [(0.5, 3e-4), (1.0, 3e-4), (1.1, 3e-4), (1.2, 2e-4), (3.0, 1e-4), (4.0, None), (1e999, None)],
)
def test_evidence_is_read_at_costs_no_lower_than_those_of_today(
    dearer: float, earned: float | None
) -> None:
    low = {"trades": 9, "low": 1e-5}
    scores = {
        "direction": {"skill": {"value": 0.02, "low": 0.01, "high": 0.03}},
        "after_costs": {f"{n}x": low | {"mean": (4 - n) * 1e-4} for n in (1, 2, 3)},
    }
    evidence = Evidence.of(10, scores, "skilled", dearer)
    assert evidence.pays is (earned is not None)
    assert earned is None or evidence.earned == pytest.approx(earned)


def test_quality_and_reason_go_by_the_market_s_own_costs() -> None:
    cheap = decide(but(UP, costs_bps=1.3), PROVEN, WORDS)
    assert cheap.quality == "high"
    assert "1.3 basis points" in cheap.reason
    assert decide(but(UP, costs_bps=80.0), PROVEN, WORDS).quality == "low"


@given(st.floats(-0.01, 0.01), st.floats(-0.01, 0.01), st.floats(0, 1), st.booleans())
def test_no_signal_ever_has_a_negative_expected_value_or_no_proof(
    long: float, short: float, share: float, proven: bool
) -> None:
    chances = but(UP, expected_long=long, expected_short=short, buy=0.8 * share + 1e-9,
                  sell=0.8 * (1 - share) + 1e-9)  # fmt: skip
    evidence = PROVEN if proven else but(PROVEN, verdict="unproven")
    said = decide(chances, evidence, WORDS)
    if said.type != "hold":
        assert proven
        assert (long if said.type == "buy" else short) > 0
        assert said.confidence == (chances.buy if said.type == "buy" else chances.sell)


def test_words_follow_the_settings() -> None:
    words = SignalWords(moderate=0.5, strong=0.9, medium=0.001 / 0.002, high=0.0015 / 0.002)
    said = decide(UP, PROVEN, words)
    assert (said.strength, said.quality) == ("moderate", "high")
