"""The exits of a model of signals are part of its name, the usual ones left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidRequest, NotFound
from core.forecast_target import make_target
from core.models import SIGNAL, exits_of, is_model, kind_of_model, model_facts, name_with_exits
from core.risk_reward import USUAL, RiskReward, is_rr_config, parse_rr_config

WHOLE = st.integers(1, 20)


@given(WHOLE, WHOLE)
def test_a_name_is_read_back_as_the_exits_that_it_was_made_of(reward: int, risk: int) -> None:
    exits = RiskReward(reward, risk)
    assert parse_rr_config(exits.name) == exits
    model = name_with_exits("barrier_signals", exits)
    assert exits_of(model) == exits
    assert kind_of_model(model) == SIGNAL
    assert len(model) <= 32  # as long as its column
    assert make_target("fx", "EURUSD", "15m", 16, model, kind=None).model == model


def test_the_usual_exits_have_the_plain_name_only() -> None:
    assert name_with_exits("barrier_signals", USUAL) == "barrier_signals"
    assert (USUAL.take_profit, USUAL.stop_loss) == (1.0, 0.5)
    with pytest.raises(NotFound, match="barrier_signals"):
        model_facts("barrier_signals.rr_2_1")


@pytest.mark.parametrize(
    "text",
    ["", "rr", "rr_2", "rr_0_1", "rr_21_1", "rr_1_21", "rr_02_1", "rr_2_1 ", "rr_2_1\n", "RR_2_1"],
)
def test_anything_else_is_refused(text: str) -> None:
    assert not is_rr_config(text)
    assert not is_model(f"barrier_signals.{text}", None)
    with pytest.raises(InvalidRequest, match="rr_config must be"):
        parse_rr_config(text)


def test_no_other_model_takes_exits() -> None:
    assert not is_model("boosting.rr_3_1", None)
    assert not is_model("barrier_signals.rr_3_1", "close")
